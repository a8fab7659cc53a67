/// Migration 9: what ran stood in texts that each command had made up and each reader guessed at (`settings` as JSON of
/// several shapes, `selection` as words). From here on it stands in `spec`, in one form, which names every choice by an
/// object of one key: `{"attack":{"pgd":{"steps":40}},"norm":"linf","eps":0.1,…}`.
///
/// A row that cannot be read gets no `spec`; it stays, and only what would run it again refuses. Numbers keep their
/// texts: JSON goes from function to function as a tree, never as SQL's own numbers, which have 15 digits.
extension Migrations {
  static let oneWrittenForm = """
    DROP VIEW IF EXISTS models;
    DROP VIEW IF EXISTS results;
    DROP VIEW IF EXISTS checks;
    ALTER TABLE dataset ADD COLUMN spec TEXT;
    ALTER TABLE model ADD COLUMN spec TEXT;
    ALTER TABLE training ADD COLUMN spec TEXT;
    ALTER TABLE result ADD COLUMN spec TEXT;
    ALTER TABLE audit ADD COLUMN spec TEXT;
    \(specOfDatasets)
    \(specOfTrained("model"))
    \(specOfTrained("training"))
    \(specOfResults)
    \(specOfAudits)
    ALTER TABLE model DROP COLUMN settings;
    ALTER TABLE training DROP COLUMN settings;
    ALTER TABLE result DROP COLUMN settings;
    ALTER TABLE audit DROP COLUMN settings;
    """

  /// Asked before anything is taken out of `settings`, since JSON functions fail on what is not JSON.
  private static let isReadable = "iif(json_valid(settings), json_type(settings) = 'object', 0)"

  /// `classes: ["Shirt", 6] train: 600 test: 200`, any of the three. The counts are told from the list by their letters,
  /// of which its `]` is none. What was understood, written again, must be the text.
  ///
  /// A brace in a text of Ward has a backslash before it, or is that of a control character, `\\u{1b}`.
  private static let specOfDatasets = #"""
    UPDATE dataset SET spec = (
      WITH RECURSIVE
        part(list, counts) AS (
          SELECT substr(rtrim(selection, ' :0123456789aeinrst'), length('classes: ') + 1),
            ltrim(substr(selection, length(rtrim(selection, ' :0123456789aeinrst')) + 1))),
        count(train, test) AS (
          SELECT iif(counts LIKE 'train: %', CAST(substr(counts, length('train: ') + 1) AS INTEGER), NULL),
            iif(counts LIKE '%test: %', CAST(substr(counts, instr(counts, 'test: ') + 6) AS INTEGER), NULL)
          FROM part),
        unescaped(list, code) AS (
          SELECT list, 0 FROM part
          UNION ALL
          SELECT replace(list, printf('\u{%x}', code), printf('\u%04x', code)), code + 1 FROM unescaped WHERE code < 128),
        class(list) AS (SELECT nullif(replace(list, '\{', '{'), '') FROM unescaped WHERE code = 128)
      SELECT json('{' || rtrim(
          coalesce('"classes":' || class.list || ',', '') || coalesce('"train":' || train || ',', '')
            || coalesce('"test":' || test, ''), ',') || '}')
      FROM part, count, class
      WHERE iif(json_valid(coalesce(class.list, '[]')), json_type(coalesce(class.list, '[]')) = 'array', 0)
        AND selection = ltrim(
          iif(part.list = '', '', 'classes: ' || part.list) || coalesce(' train: ' || train, '')
            || coalesce(' test: ' || test, '')));
    """#

  /// Defenses were an object, which has no order, and beside it their names in order; before there were several, the
  /// object alone. A model that was opened says from where.
  private static func specOfTrained(_ table: String) -> String {
    """
    UPDATE \(table) SET spec = iif(settings -> '$.opened' IS NOT NULL, json(settings), json_set(
        json_replace(
          json_remove(settings, '$.order', iif(json_type(settings, '$.clip') = 'null', '$.clip', '$.order')),
          '$.defense', json((
            SELECT json_group_array(json(one)) FROM (
              SELECT json_object(d.key, json(d.value)) AS one
              FROM \(table) t, json_each(t.settings, '$.defense') d
              WHERE t.id = \(table).id AND d.type = 'object'
              ORDER BY (SELECT o.key FROM json_each(t.settings, '$.order') o WHERE o.value = d.key), d.id)))),
        '$.seed', seed))
      WHERE \(isReadable) AND settings <> '{}';
    """
  }

  /// The attack's own settings stood flat among what else decided a result.
  private static let specOfResults = """
    UPDATE result SET spec = (
      SELECT iif(json_valid(whole), json(whole), NULL) FROM (
        SELECT '{' || rtrim(
          iif(attack = 'none', '', '"attack":' || json_object(attack, json(
              iif(settings -> '$.from_id' IS NULL, own,
                json_set(own, '$.from', json_object('model', settings ->> '$.from_id')))))
            || ',"norm":' || json_quote(norm)
            || ',"eps":' || iif(CAST(printf('%!.15g', eps) AS REAL) = eps, printf('%!.15g', eps), printf('%!.17g', eps))
            || CASE
              WHEN aim = 'costly' THEN ',"every_costly_answer":true'
              WHEN aim = 'target(class: ' || CAST(substr(aim, length('target(class: ') + 1) AS INTEGER) || ')' THEN
                ',"goal":{"target":{"class":' || CAST(substr(aim, length('target(class: ') + 1) AS INTEGER) || '}}'
              ELSE ',"goal":' || json_object(aim, json('{}')) END
            || coalesce(',"radii":' || (settings -> '$.radii'), '')
            || ',"seed":' || seed || ',')
          || coalesce('"images":' || \(specOfImages(chosen: chosenImages)), ''), ',') || '}' AS whole
        FROM (
          SELECT json_remove(settings, '$.goal', '$.radii', '$.from_id') AS own,
            coalesce(settings ->> '$.goal', 'untargeted') AS aim)))
      WHERE \(isReadable);
    """

  private static let specOfAudits = """
    UPDATE audit SET spec = json_set(settings, '$.seed', seed, '$.images', json(\(specOfImages(chosen: "NULL"))))
      WHERE \(isReadable);
    UPDATE audit SET spec = json_remove(spec, '$.images') WHERE json_type(spec, '$.images') = 'null';
    """

  /// `test`, `test[0..<500]`, or words for images that only the examples name.
  private static func specOfImages(chosen: String) -> String {
    let first = "CAST(substr(selection, instr(selection, '[') + 1) AS INTEGER)"
    let end = "CAST(substr(selection, instr(selection, '..<') + 3) AS INTEGER)"
    return """
      CASE WHEN selection IN ('train', 'test') THEN json_object('part', selection)
        WHEN selection = printf('%s[%d..<%d]', \(part), \(first), \(end))
          THEN json_object('part', \(part), 'from', \(first), 'to', \(end))
        ELSE \(chosen) END
      """
  }

  private static let part = "iif(selection LIKE 'train%' OR selection LIKE 'take(train%', 'train', 'test')"

  private static let chosenImages = """
    (SELECT json_object('part', \(part), 'indices', json_group_array(image))
      FROM (SELECT image FROM example WHERE example.result = result.id ORDER BY position) HAVING count(*) > 0)
    """
}
