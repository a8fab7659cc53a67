import Testing

@testable import Store

@Suite struct ViewTests {
  @Test func everyColumnOfEveryViewHasASentenceAndTheOtherWayRound() throws {
    let store = try StoreFile.inMemory()
    let stored = try store.ask("select name from sqlite_schema where type = 'view' order by name").map { $0[0] }
    #expect(stored == Views.all.map(\.name).sorted())
    for view in Views.all {
      let columns = try store.ask("select name from pragma_table_info(:view)", ["view": .text(view.name)])
      #expect(columns.map { $0[0] } == view.columns.map(\.name), "\(view.name)")
      #expect(view.summary.hasSuffix("?") || view.summary.hasSuffix("."))
      for column in view.columns { #expect(column.meaning.hasSuffix("."), "\(view.name).\(column.name)") }
    }
  }

  @Test func theViewsAreThoseOfTheLanguageWithTheirColumns() {
    let promised = [
      "sessions": "id started", "cells": "number source started seconds status seed",
      "datasets": "name path sha256 spec images classes", "costs": "classes protected matrix",
      "models": "name architecture parent dataset defense settings spec costs seed parameters clean seconds cell",
      "epochs": "model epoch loss train_accuracy test_accuracy seconds images_per_second",
      "results": """
      model defense attack norm eps settings spec costs seed images clean robust certified protected mean_cost queries seconds cell
      """,
      "class_results": "class name protected images clean robust certified low high mean_cost most_taken_for",
      "certificates": "result image label clean_answer certified margin unproved in_band",
      "examples": "index label clean_answer answer fooled linf l2 l1 l0 queries steps",
      "weights": "parameters l1 l2 max std near_zero kurtosis hoyer gini",
      "epoch_weights": "model epoch layer l1 l2 max std near_zero kurtosis hoyer gini",
      "checks": "name passed value meaning settings spec", "sweeps": "name script axes condition points done failed",
      "points": "sweep params status problem seconds machine session",
      "lessons": "name title step steps tasks solved done changed",
    ]
    #expect(Set(Views.all.map(\.name)) == Set(promised.keys))
    for (view, columns) in promised {
      let has = Set(Views.named(view)?.columns.map(\.name) ?? [])
      for column in columns.split(separator: " ") { #expect(has.contains(String(column)), "\(view).\(column)") }
    }
  }

  @Test func viewsOfAnotherVersionAreMadeAnew() throws {
    let scratch = try Scratch()
    let store = try StoreFile.open(at: scratch.store)
    try store.write { db in try db.execute(sql: "DROP VIEW models; CREATE VIEW old AS SELECT 1 AS x") }
    try store.close()
    let again = try StoreFile.open(at: scratch.store)
    #expect(try again.ask("select count(*) from models") == [["0"]])
    #expect(throws: SQLError.self) { try again.ask("select * from old") }
  }

  @Test func sha256AgreesWithTheStandard() {
    #expect(
      SHA256.hexadecimal(of: .init())
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256.hexadecimal(of: .init("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hexadecimal(of: .init("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      SHA256.hexadecimal(of: .init(repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
