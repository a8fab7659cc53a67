import Testing

@testable import NN

extension Architectures {
  /// The architecture of that name; where it must be given layers, a few of every kind that most networks have.
  static func sample(_ name: String, _ settings: [String: SettingValue] = [:]) throws -> any Architecture {
    let entry = try #require(family.named(name))
    var given = settings
    for setting in entry.settings where setting.isRequired && given[setting.name] == nil {
      let inside: [Spec] = [
        Spec("conv", ["channels": .integer(8), "padding": .integer(1)]), Spec("groupnorm", ["groups": .integer(2)]),
      ]
      given[setting.name] = .components([
        Spec("conv", ["channels": .integer(8), "padding": .integer(1)]), Spec("batchnorm"), Spec("relu"),
        Spec("maxpool"), Spec("residual", ["layers": .components(inside)]), Spec("gelu"), Spec("flatten"),
        Spec("dense", ["units": .integer(16)]), Spec("tanh"), Spec("dense"),
      ])
    }
    return try entry.make(given)
  }
}
