extension SessionLine {
  static var store: SessionLine {
    SessionLine(name: "store", arguments: "", summary: "where results are kept") { session, _ in
      let place = session.store.path ?? "memory only: nothing is kept when this session ends"
      session.output.show(.text("store  \(place)\nsession  \(session.number)"))
    }
  }
}
