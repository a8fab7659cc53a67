/// The functions every program has.
enum Library {
  static let all: [LibraryFunction] = numbers + lists + texts + tables
}
