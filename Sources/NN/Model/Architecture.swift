/// A family of networks: turns an image shape and a class count into layers.
public protocol Architecture: Sendable {
  /// The one declaration: name, summary, paper, settings.
  static var entry: Entry<any Architecture> { get }

  /// The layers for one image shape and class count.
  ///
  /// - Throws: `NetworkError` where images are too small.
  func network(for input: ImageShape, classes: Int) throws -> Network
}

extension Architecture {
  /// The name that a person types.
  public var name: String { Self.entry.name }

  /// The name with all settings.
  public var spec: Spec { Spec(name, Self.entry.values(of: self) ?? [:]) }
}

/// All architectures by name.
public enum Architectures {
  /// In the order that help shows them.
  public static let all: [Entry<any Architecture>] = [
    LeNet.entry, MLP.entry, CNN.entry, VGGSmall.entry, ResNet8.entry, ResNet20.entry,
    ListedNetwork.entry,
  ]

  /// What makes them again out of what is written.
  public static let family = Family("architecture", all)
}
