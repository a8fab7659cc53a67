import Contract
import Testing

@testable import Lang

/// What the program says about mistakes of its own.
@Suite struct ContractTests {
  @Test func aBrokenRuleIsToldWithItsPlace() async throws {
    let ended = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      require(1 + 1 == 2, "sums work")
      require([1].count == 2, "\([1].count) of 2")
    }
    let told = String(decoding: ended.standardErrorContent, as: UTF8.self)
    #expect(told.contains("LangTests/ContractTests.swift:"))
    #expect(told.contains("a mistake of the program itself, please report it: 1 of 2"))
  }

  private let forget = Command<TestHost>("forget", "Remove a name.") { _ in { _, _ in .none } }

  private func function(_ name: String) -> LibraryFunction {
    LibraryFunction(name, "What is left.", [], example: "none") { _, _ in .none }
  }

  @Test func aNameThatIsDeclaredTwiceIsToldWithBothDeclarations() {
    #expect(
      Environment.clash(commands: [forget.declaration], functions: [function("forget")])
        == "the name forget is declared twice: by the command \"Remove a name.\" and by the function \"What is left.\"")
    #expect(
      Environment.clash(functions: [function("len")])?.hasPrefix(
        "the name len is declared twice: by the function \"How")
        == true)
    #expect(Environment.clash(types: [Matrix.type, Matrix.type])?.contains("matrix is declared twice") == true)
    let both = ["attack", "goal"].map { ChoiceDeclaration(family: $0, "next", "The next one.") }
    #expect(Environment.clash(choices: both)?.contains("by the attack \"The next one.\" and by the goal") == true)
  }

  @Test func aKindOfValueMayBeCalledLikeACommand() {
    #expect(Environment.clash(commands: [forget.declaration], types: [ObjectType("forget", "A name.")]) == nil)
  }
}
