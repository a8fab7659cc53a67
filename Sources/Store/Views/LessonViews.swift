extension Views {
  static let lessons = View(
    name: "lessons", summary: "One row for each lesson that was begun.",
    columns: [
      .text(
        "name", "l.name", "Its name, such as `01-first-attack`; the path of a file that is no lesson of Ward's own."),
      .text("title", "l.title", "Its title."),
      .integer("step", "l.step", "How many of its steps are done; 0 again when it is begun anew."),
      .integer("steps", "l.steps", "How many steps it has."),
      .integer("tasks", "l.tasks", "How many of them are tasks."),
      .integer("solved", "json_array_length(l.solved)", "How many of the tasks were ever solved."),
      .integer("done", "l.done", "1 if its end was ever reached, else 0."),
      .text("changed", "l.changed", "When it was gone on with last, in UTC."),
    ],
    from: "lesson l")
}
