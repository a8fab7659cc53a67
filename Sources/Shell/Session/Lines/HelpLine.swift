extension SessionLine {
  static var help: SessionLine {
    SessionLine(
      name: "help", arguments: "[NAME]", summary: "what there is, or what NAME is; ?NAME does the same",
      words: { About.topics(in: $0.environment) }
    ) { session, name in
      session.output.show(try About.page(name, in: session))
    }
  }
}
