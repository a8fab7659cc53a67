import Lang
import Testing

@testable import Shell

/// What users of other tools type: each suggestion is something that there is, in the place where it is made.
@Suite("Names and lines of other tools", .serialized) struct OtherToolsTests {
  // Reading a text notes its names there: hence one test at a time.
  nonisolated(unsafe) static let environment = Vocabulary.environment()
  static let names = OtherTools.all.allNames

  private func mistakes(_ text: String) -> [Diagnostic] {
    let interpreter = Interpreter(environment: Self.environment, host: Silent.host)
    return interpreter.prepare(interpreter.parse(Source(name: "a.ward", text: text))).errors
  }

  @Test func everyNameThatIsSuggestedExists() {
    let commands = Self.environment.commands.values
    let settings = Self.environment.choices.values.flatMap { $0.settings.map(\.name) }
    let members = Vocabulary.types.flatMap { $0.members.map(\.name) }
    let known = Set(
      commands.map(\.name) + commands.flatMap { $0.labels.map(\.name) } + settings + members
        + Array(Self.environment.choices.keys) + Array(Self.environment.functions.keys) + Array(Self.environment.words))
    for name in Self.names {
      for here in name.here { #expect(known.contains(here), "\(name.words) → \(here)") }
      #expect(!name.here.isEmpty || !name.note.isEmpty, "\(name.words) leads nowhere")
    }
  }

  /// `pgd(alpha: 1)`: the first of what the word may be here that `pgd` has is suggested, and nothing that it has not.
  @Test(arguments: environment.choices.values.sorted { $0.name < $1.name })
  func aSettingIsSuggestedWhereTheBuiltInHasIt(choice: ChoiceDeclaration) {
    let settings = Set(choice.settings.map(\.name))
    for name in Self.names {
      guard let wanted = name.here.first(where: settings.contains) else { continue }
      for word in name.words where !settings.contains(word) && isName(word) {
        let told = mistakes("\(choice.name)(\(word): 1)").first
        #expect(told?.code == "E0203", "\(choice.name)(\(word): 1)")
        let label = told?.primary?.text ?? ""
        // Another tool may call another setting of this built-in so.
        #expect(
          settings.contains { label == "did you mean `\($0)`?" }, "\(choice.name)(\(word)): \(label), not \(wanted)")
      }
    }
  }

  @Test(arguments: environment.commands.values.filter { $0.subject != nil }.sorted { $0.name < $1.name })
  func aLabelIsSuggestedWhereTheCommandHasIt(command: CommandDeclaration) {
    let labels = Set(command.labels.map(\.name))
    for name in Self.names where name.here.contains(where: labels.contains) {
      for word in name.words where !labels.contains(word) && isName(word) {
        let told = mistakes("\(command.name) 1 \(word): 1").first { $0.code == "E0203" }
        // A word that some built-in has as a setting is that setting, where only running tells which built-in it is.
        guard let told else { continue }
        #expect(told.primary?.text.hasPrefix("did you mean") == true, "\(command.name) \(word): \(told.render())")
      }
    }
  }

  @Test(arguments: [
    ("epsilon", "eps"), ("alpha", "step"), ("iterations", "steps"), ("num_steps", "steps"), ("max_iter", "steps"),
    ("targeted", "goal"), ("n_restarts", "restarts"), ("num_restarts", "restarts"), ("eps_step", "step"),
    ("rand_init", "random_start"), ("criterion", "loss"), ("nb_iter", "steps"), ("stepSize", "step"),
    ("EPS_MAX", "eps"),
  ])
  func pgdIsToldItsOwnName(word: String, here: String) {
    let told = mistakes("let m = 1\nattack m with: pgd \(word): 1").first { $0.code == "E0203" }
    #expect(told?.primary?.text == "did you mean `\(here)`?", "\(told?.render() ?? "nothing")")
  }

  @Test(arguments: [
    ("lr", "rate"), ("learning_rate", "rate"), ("weight_decay", "decay"), ("num_epochs", "epochs"),
    ("batch_size", "batch"), ("batchsize", "batch"), ("optimiser", "optimizer"), ("optim", "optimizer"),
    ("train_loader", "on"), ("lr_scheduler", "schedule"),
  ])
  func trainIsToldItsOwnName(word: String, here: String) {
    let told = mistakes("let d = 1\ntrain lenet on: d \(word): 1").first { $0.code == "E0203" }
    #expect(told?.primary?.text == "did you mean `\(here)`?", "\(told?.render() ?? "nothing")")
  }

  @Test(arguments: [
    ("carlini", "cw"), ("hsj", "hopskipjump"), ("mim", "mifgsm"), ("ifgsm", "bim"), ("pgd_linf", "pgd"),
    ("pgdl2", "pgd"),
    ("apgd_ce", "apgd"), ("auto_attack", "autoattack"), ("aa", "autoattack"), ("cw_l2", "cw"),
    ("deep_fool", "deepfool"),
    ("square_attack", "square"), ("boundary_attack", "boundary"), ("one_pixel", "onepixel"), ("elastic_net", "ead"),
    ("jacobian_saliency", "jsma"), ("uap", "universal"), ("hop_skip_jump", "hopskipjump"), ("nes", "spsa"),
    ("madry", "pgd"), ("PGD", "pgd"), ("DeepFool", "deepfool"),
  ])
  func anAttackIsToldByItsNameHere(word: String, here: String) {
    for text in ["let m = 1\nattack m with: \(word)", "let m = 1\nattack m with: \"\(word)\""] {
      let told = mistakes(text).first { $0.primary?.text.isEmpty == false }
      #expect(told?.primary?.text == "did you mean `\(here)`?", "\(text): \(told?.render() ?? "nothing")")
    }
  }

  @Test(arguments: [
    ("fit normal", "train"), ("score normal", "evaluate"), ("predict_proba(3)", "predict"), ("imshow 3", "show"),
    ("train resnet18", "resnet20"), ("train vgg16", "vgg_small"), ("echo 3", "print"), ("plt 3", "plot"),
    ("attack 1 with: pgd norm: Linf", "linf"), ("attack 1 with: pgd norm: inf", "linf"),
  ])
  func aCommandOrAWordIsToldByItsNameHere(text: String, here: String) {
    let labels = mistakes(text).compactMap(\.primary?.text)
    #expect(labels.contains("did you mean `\(here)`?"), "\(labels)")
  }

  @Test func whatHasNoPlaceHereIsSaidToHaveNone() {
    let told = mistakes("train lenet device: 1").first { $0.code == "E0203" }
    #expect(told?.help.first == "Ward computes on the processor; `ward --threads N` sets how many threads work")
  }

  @Test func aVariableOfSuchANameIsAVariable() {
    #expect(mistakes("let ls = 3\nls\nlet carlini = pgd\nattack 1 with: carlini").allSatisfy { $0.code == "E0204" })
    #expect(mistakes("let exit = 3\nexit\nlet q = exit + 1").isEmpty)
  }

  @Test(arguments: OtherTools.all.leaving.sorted()) func aWordThatLeavesIsASessionLine(line: String) {
    let program = Program.reading(Source(name: "a.ward", text: "let x = 1\n\(line)\nx"), in: Self.environment)
    #expect(program.diagnostics.isEmpty)
    guard program.items.count == 3, case .session(":", "quit") = program.items[1].kind else {
      Issue.record("\(line) is \(program.items.map(\.kind))")
      return
    }
    #expect(program.items[1].text == line)
  }

  @Test(arguments: OtherTools.all.allLines.flatMap(\.beginnings))
  func aLineOfAnotherPromptIsToldInOneDiagnostic(beginning: String) {
    // A comment of ours, and a line of the shell, are what they are.
    guard !["#", "!"].contains(beginning.prefix(1)) else { return }
    let begun = beginning.hasPrefix("/") ? beginning : beginning.replacing("*", with: "x")
    let line = begun + (beginning == "import" ? " numpy as np" : " x")
    let told = mistakes(line)
    #expect(told.count == 1, "\(line): \(told.map(\.message))")
    #expect(told.first?.primary?.text.isEmpty == false, "\(line): \(told.map(\.message))")
  }

  private func isName(_ word: String) -> Bool { word.wholeMatch(of: /[A-Za-z][A-Za-z0-9_]*/) != nil && word != "in" }
}

/// A host that is never asked anything, since nothing runs.
private final class Silent: Lang.Host {
  nonisolated(unsafe) static let host = Silent()

  func poll() throws {}
  func query(sql: String, bindings: [QueryBinding], at range: SourceRange) throws -> Value { .none }
  func note(_ diagnostic: Diagnostic) {}
  func last(_ number: Int?) throws -> Value { .none }
}
