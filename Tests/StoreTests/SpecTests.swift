import Foundation
import GRDB
import Testing

@testable import Store

/// What ran, as stores of before wrote it, becomes one written form; and the old form comes out of it for `settings`.
@Suite struct SpecTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test(arguments: [
    ("", "{}"), ("train: 600", #"{"train":600}"#), ("test: 200", #"{"test":200}"#),
    ("train: 600 test: 200", #"{"train":600,"test":200}"#), (#"classes: ["Shirt", 6]"#, #"{"classes":["Shirt",6]}"#),
    (#"classes: ["Shirt", 6] test: 200"#, #"{"classes":["Shirt",6],"test":200}"#),
    (#"classes: ["Shirt", 6] train: 600 test: 200"#, #"{"classes":["Shirt",6],"train":600,"test":200}"#),
    // Names that look like what stands around them, and the escapes in which Ward's literals are not JSON.
    (#"classes: ["a]", "b] train: 3"]"#, #"{"classes":["a]","b] train: 3"]}"#),
    (#"classes: [" train: 3 test: 4", "é"] train: 5"#, #"{"classes":[" train: 3 test: 4","é"],"train":5}"#),
    (#"classes: ["say \"]\"", "a\\b"] test: 1"#, #"{"classes":["say \"]\"","a\\b"],"test":1}"#),
    (#"classes: ["\{x}", "\\\{", "\u{1b}[0m", "\\u\{1b}"]"#, #"{"classes":["{x}","\\{","\u001b[0m","\\u{1b}"]}"#),
    ("classes: [1, 2", ""), ("the last 30", ""), ("train: many", ""), (#"classes: {} test: 1"#, ""),
  ])
  func whatWasKeptOfADataSet(old: String, spec: String) throws {
    let store = try migrated("UPDATE dataset SET selection = \(old.sql)")
    #expect(try store.ask("select selection, spec from datasets") == [[old, spec]])
  }

  @Test(arguments: [
    (
      #"{"epochs":5,"batch":64,"optimizer":{"adam":{"beta1":0.9,"epsilon":1e-8,"rate":0.1}},"#
        + #""schedule":{"exponential":{"factor":0.95}},"defense":{"minmax":{"a":0.1,"b":0.30000000000000004},"#
        + #""adversarial":{"clean":null,"with":{"pgd":{"steps":7}}}},"order":["adversarial","minmax"],"clip":null}"#,
      #"{"epochs":5,"batch":64,"optimizer":{"adam":{"beta1":0.9,"epsilon":1e-8,"rate":0.1}},"#
        + #""schedule":{"exponential":{"factor":0.95}},"#
        + #""defense":[{"adversarial":{"clean":null,"with":{"pgd":{"steps":7}}}},{"minmax":{"a":0.1,"b":0.30000000000000004}}],"#
        + #""seed":3}"#
    ),
    (
      #"{"epochs":5,"defense":{"minmax":{"a":0.1},"adversarial":{}},"clip":5}"#,
      #"{"epochs":5,"defense":[{"minmax":{"a":0.1}},{"adversarial":{}}],"clip":5,"seed":3}"#
    ),
    (
      #"{"epochs":1,"defense":{"standard":{}},"order":["standard"],"clip":0.5}"#,
      #"{"epochs":1,"defense":[{"standard":{}}],"clip":0.5,"seed":3}"#
    ),
    (#"{"opened":"/models/a \"b\".safetensors"}"#, #"{"opened":"/models/a \"b\".safetensors"}"#),
    ("{}", ""), ("rate 0.1", ""), ("[1]", ""),
  ])
  func whatATrainingWas(old: String, spec: String) throws {
    let store = try migrated(
      "UPDATE model SET settings = \(old.sql), seed = 3; UPDATE training SET settings = \(old.sql), seed = 3")
    #expect(try store.ask("select spec from models") == [[spec]])
    #expect(try store.training(named: "early")?.spec ?? "" == spec)
    // Where there was no order, it is the object's own, and said from now on.
    if !spec.isEmpty, old.contains("order") || !old.contains("defense") {
      #expect(try json(store.ask("select settings from models")) == json([[old]]))
    }
    if spec.isEmpty { #expect(try store.ask("select settings from models") == [["{}"]]) }
  }

  @Test func theSettingsOfSeveralDefensesAreAnObjectAndItsOrder() throws {
    let store = try migrated(#"UPDATE model SET settings = '{"defense":{"minmax":{"a":0.1},"adversarial":{}}}'"#)
    let settings = #"{"defense":{"minmax":{"a":0.1},"adversarial":{}},"order":["minmax","adversarial"],"clip":null}"#
    #expect(try store.ask("select settings from models") == [[settings]])
  }

  @Test(arguments: [
    (
      "pgd", #"{"goal":"untargeted","loss":"ce","step":null,"steps":40}"#,
      #"{"attack":{"pgd":{"loss":"ce","step":null,"steps":40}},"norm":"linf","eps":0.1,"goal":{"untargeted":{}},"seed":7,"#
        + #""images":{"part":"test"}}"#
    ),
    (
      "fgsm", "{}",
      #"{"attack":{"fgsm":{}},"norm":"linf","eps":0.1,"goal":{"untargeted":{}},"seed":7,"images":{"part":"test"}}"#
    ),
    (
      "bim", #"{"goal":"target(class: 8)"}"#,
      #"{"attack":{"bim":{}},"norm":"linf","eps":0.1,"goal":{"target":{"class":8}},"seed":7,"images":{"part":"test"}}"#
    ),
    (
      "bim", #"{"goal":"least_likely"}"#,
      #"{"attack":{"bim":{}},"norm":"linf","eps":0.1,"goal":{"least_likely":{}},"seed":7,"images":{"part":"test"}}"#
    ),
    (
      "pgd", #"{"goal":"costly","steps":40}"#,
      #"{"attack":{"pgd":{"steps":40}},"norm":"linf","eps":0.1,"every_costly_answer":true,"seed":7,"#
        + #""images":{"part":"test"}}"#
    ),
    (
      "pgd", #"{"goal":"next","radii":[0,0.1,0.30000000000000004],"steps":40}"#,
      #"{"attack":{"pgd":{"steps":40}},"norm":"linf","eps":0.1,"goal":{"next":{}},"radii":[0,0.1,0.30000000000000004],"#
        + #""seed":7,"images":{"part":"test"}}"#
    ),
    (
      "transfer", #"{"from":"normal","from_id":1,"goal":"untargeted","using":{"pgd":{"steps":40}}}"#,
      #"{"attack":{"transfer":{"from":{"model":1},"using":{"pgd":{"steps":40}}}},"norm":"linf","eps":0.1,"#
        + #""goal":{"untargeted":{}},"seed":7,"images":{"part":"test"}}"#
    ),
    (
      "transfer", #"{"from":"normal","from_id":1,"goal":"untargeted"}"#,
      #"{"attack":{"transfer":{"from":{"model":1}}},"norm":"linf","eps":0.1,"goal":{"untargeted":{}},"seed":7,"#
        + #""images":{"part":"test"}}"#
    ),
    ("none", "{}", #"{"images":{"part":"test"}}"#), ("pgd", "40 steps", ""),
  ])
  func whatAnAttackWas(attack: String, old: String, spec: String) throws {
    let goal = try goal(of: old, attack)
    let store = try migrated(
      "UPDATE result SET attack = '\(attack)', settings = \(old.sql), seed = 7, goal = \(goal?.sql ?? "NULL")")
    #expect(try store.ask("select spec from results") == [[spec]])
    #expect(try store.result(id: 1)?.record.spec ?? "" == spec)
    let settings = spec.isEmpty ? [:] : json([[old]])
    if !spec.isEmpty, let goal { settings["goal"] = goal }
    #expect(try json(store.ask("select settings from results")) == settings)
  }

  @Test func aRadiusIsTheSameToTheLastBit() throws {
    for eps in [4.0 / 255, 8.0 / 255, 0.1, 1.5, 3, 1e-7, 0.1 + 0.2, 3.3573357584269593e-05] {
      let store = try migrated("UPDATE result SET eps = \(eps)")
      let text = try #require(try store.ask("select spec ->> '$.attack', spec -> '$.eps' from results").first?.last)
      #expect(Double(text) == eps)
    }
  }

  @Test(arguments: [
    ("test", #"{"part":"test"}"#), ("train", #"{"part":"train"}"#),
    ("test[0..<500]", #"{"part":"test","from":0,"to":500}"#),
    ("train[20..<21]", #"{"part":"train","from":20,"to":21}"#),
    ("test, 3 chosen images", #"{"part":"test","indices":[9,4,7]}"#),
    ("train, 3 chosen images", #"{"part":"train","indices":[9,4,7]}"#),
    ("take(test, 3)", #"{"part":"test","indices":[9,4,7]}"#),
  ])
  func whichImagesWereUsed(old: String, images: String) throws {
    let rows = [9, 4, 7].enumerated().map { "(1, \($0), \($1), 0, 0, 1, 1, 0.1, 1.0, 30.0, 700, 40, 40)" }
    let examples = "DELETE FROM example; INSERT INTO example VALUES \(rows.joined(separator: ", "))"
    let chosen = try migrated("UPDATE result SET selection = \(old.sql); \(examples)")
    #expect(try chosen.ask("select selection, spec -> '$.images' from results") == [[old, images]])
    let evaluated = try migrated("UPDATE result SET attack = 'none', selection = \(old.sql); \(examples)")
    #expect(try evaluated.ask("select spec from results") == [[#"{"images":\#(images)}"#]])
    let bare = try migrated("UPDATE result SET selection = \(old.sql); DELETE FROM example")
    #expect(
      try bare.ask("select spec -> '$.images' from results") == [[images.contains("indices") ? "" : images]])
  }

  @Test func whatAnAuditWas() throws {
    let settings = #"{"eps":0.1,"form":"accuracy","norm":"linf"}"#
    let ranged = try migrated("UPDATE audit SET settings = \(settings.sql), seed = 3, selection = 'test[0..<500]'")
    #expect(
      try ranged.ask("select spec, settings from checks") == [
        [
          #"{"eps":0.1,"form":"accuracy","norm":"linf","seed":3,"images":{"part":"test","from":0,"to":500}}"#, settings,
        ]
      ])
    let chosen = try migrated("UPDATE audit SET selection = 'test, 12 chosen images'")
    #expect(try chosen.ask("select spec, settings from checks") == [[#"{"seed":0}"#, "{}"]])
    let broken = try migrated("UPDATE audit SET settings = 'eps 0.1'")
    #expect(try broken.ask("select spec, settings from checks") == [["", "{}"]])
  }

  /// A store of version 8 that `change` has changed, opened.
  private func migrated(_ change: String) throws -> StoreFile {
    let path = scratch.folder + "/\(UUID().uuidString).sqlite"
    try MigrationTests.write(8, to: path)
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in try db.execute(sql: change) }
    try queue.close()
    return try StoreFile.open(at: path)
  }

  /// The text that the column `goal` of version 8 had beside such settings.
  private func goal(of settings: String, _ attack: String) throws -> String? {
    if attack == "none" { return nil }
    let goal = json([[settings]])["goal"] as? String ?? "untargeted"
    return goal == "target(class: 8)" ? "target(class: \"Bag\")" : goal
  }

  private func json(_ rows: [[String]]) -> NSMutableDictionary {
    let value = rows.first?.first.flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) }
    return NSMutableDictionary(dictionary: value as? [String: Any] ?? [:])
  }
}

extension String {
  /// As a literal of SQL.
  fileprivate var sql: String { "'" + replacingOccurrences(of: "'", with: "''") + "'" }
}
