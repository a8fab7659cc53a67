/// Ends the program where it broke a rule of its own: the sentence and its place go to standard error.
///
/// `precondition` says nothing in an optimised build, so that whoever meets such a crash has nothing to report.
@inlinable @inline(__always)
public func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition() { unreachable(message(), file: file, line: line) }
}

/// Ends the program at a place that nothing leads to, with a sentence that says why: what `require` does when it fails.
@inline(never)
public func unreachable(
  _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  fatalError("a mistake of the program itself, please report it: \(message())", file: file, line: line)
}
