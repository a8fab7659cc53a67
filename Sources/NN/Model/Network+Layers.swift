/// One layer of a network, for people.
public struct LayerDescription: Sendable {
  /// Its name among the weights (`conv1`); empty for a layer without.
  public let name: String
  /// What it is, as a person would type it, with the settings that are not the usual ones: `conv(8, padding: 1)`.
  public let kind: String
  /// The numbers of the layers it reads, counted from 1; 0 is the image. Empty where it reads the one before it.
  public let reads: [Int]
  /// The shape that comes out.
  public let shape: ImageShape
  /// How many numbers it learns.
  public let parameters: Int
  /// How many multiplications one image takes.
  public let multiplications: Int
}

extension Network {
  /// All layers, in the order in which they are computed.
  public var layers: [LayerDescription] {
    nodes.enumerated().map { number, node in
      let spec = Layers.family.spec(of: node.layer) ?? Spec("layer")
      let usual = Dictionary(
        uniqueKeysWithValues: (Layers.family.named(spec.name)?.settings ?? []).filter { !$0.isUnlabelled }.map {
          ($0.name, $0.standard)
        })
      return LayerDescription(
        name: node.name, kind: Layers.family.typed(Spec(spec.name, spec.settings.filter { usual[$0.key] != $0.value })),
        reads: node.inputs == [number - 1] ? [] : node.inputs.map { $0 + 1 }, shape: node.shape,
        parameters: node.parameters.filter(\.isTrained).reduce(0) { $0 + $1.count },
        multiplications: node.layer.multiplications(from: shape(of: node.inputs[0]), to: node.shape))
    }
  }
}
