import Contract

/// Columns and rows: what SQL, `compare` and `curve` give. `t[0]` is a record, `t[0].r` a cell, `t.r` a column.
public struct Table: Equatable {
  /// How a column's numbers are meant, so that they can be shown for reading. Values stay exact.
  public enum Presentation: String, Sendable {
    /// As they are.
    case plain
    /// From 0 to 1, shown as a percentage.
    case share
    /// A duration in seconds.
    case seconds
    /// A whole number, shown with thousands separators.
    case count
    /// A distance in pixel units.
    case distance
    /// A distance in shares of the features' ranges.
    case featureDistance
  }

  /// A column's heading.
  public struct Column: Equatable, Sendable {
    /// Its name, as members and SQL say it.
    public var name: String
    /// How its numbers are meant.
    public var presentation: Presentation

    /// A column called `name`.
    public init(_ name: String, _ presentation: Presentation = .plain) {
      self.name = name
      self.presentation = presentation
    }
  }

  /// The columns, left to right.
  public let columns: [Column]
  /// The rows, top to bottom; each has one value per column.
  public let rows: [[Value]]
  /// How large it is.
  public let extent: Extent
  /// What all rows are of where no column says it, such as `cse under pgd`; a plot names it. Empty for none.
  public let subject: String
  /// What is shown above it where a statement comes to this table: a string as a line, a table as one. `none` for nothing.
  /// It belongs to the whole table, so that `with(rows:)` leaves it out.
  public let preface: Value

  /// A table; every row must have one value per column.
  public init(columns: [Column], rows: [[Value]], subject: String = "", preface: Value = .none) {
    require(rows.allSatisfy { $0.count == columns.count }, "a row does not have \(columns.count) values")
    self.columns = columns
    self.rows = rows
    self.subject = subject
    self.preface = preface
    extent = Self.extent(columns, rows)
  }

  private static func extent(_ columns: [Column], _ rows: [[Value]]) -> Extent {
    var extent = Extent(
      bytes: columns.reduce(0) { $0 + Extent.field + $1.name.utf8.count }
        + bytes(rows: rows.count, columns: columns.count),
      levels: 1)
    for row in rows {
      for value in row {
        switch value {
        case .none, .bool, .number: continue
        default: extent.hold(value.extent)
        }
      }
    }
    return extent
  }

  /// What the cells of so many rows and columns take, whatever stands in them.
  public static func bytes(rows: Int, columns: Int) -> Int {
    let (row, isLong) = columns.multipliedReportingOverflow(by: Extent.place)
    let (all, isOver) = (row + Extent.place).multipliedReportingOverflow(by: rows)
    return isLong || isOver ? .max : all
  }

  /// Equal are tables that hold the same, whatever they are of: one that was exported and imported equals itself.
  public static func == (a: Table, b: Table) -> Bool { a.columns == b.columns && a.rows == b.rows }

  /// The number of rows.
  public var count: Int { rows.count }

  /// Row `index` (from 0) as a record.
  public func record(_ index: Int) -> Record {
    Record(zip(columns, rows[index]).map { ($0.name, $1) })
  }

  /// The values of a column, nil when there is no such column.
  public func column(_ name: String) -> [Value]? {
    guard let at = columns.firstIndex(where: { $0.name == name }) else { return nil }
    return rows.map { $0[at] }
  }

  /// The same table with something above it.
  public func with(preface: Value) -> Table { Table(columns: columns, rows: rows, subject: subject, preface: preface) }

  /// The same columns with other rows.
  public func with(rows: [[Value]]) -> Table { Table(columns: columns, rows: rows, subject: subject) }
}
