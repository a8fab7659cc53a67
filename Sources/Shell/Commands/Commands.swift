import Lang

/// Every command, in the order `help` lists them. A new command is one file beside this one and one name here.
enum Commands {
  static var all: [Command<Session>] {
    [
      .load, .describe,
      .costs,
      .train, .defend, .sweep, .resume, .recall, .keep, .open,
      .attack, .compare, .curve, .mistakes, .audit, .certify, .bounds, .evaluate, .predict, .repeat,
      .weights, .summary, .gallery, .gradient, .surface, .plot, .histogram, .show, .print, .tables, .schema, .export,
      .import,
      .seed, .help, .options, .vars, .forget, .sleep,
    ]
  }
}

/// The headings under which `help` lists commands.
enum Topic {
  static let data = "Data and costs"
  static let training = "Training and defending"
  static let attacking = "Attacking"
  static let looking = "Looking"
  static let notebook = "The notebook"
}
