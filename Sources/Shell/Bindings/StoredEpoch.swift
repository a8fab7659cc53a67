import Store

/// The store's record of an epoch; `NN` has a type of the same name.
typealias StoredEpoch = EpochRecord

/// The store's record of a layer's weights.
typealias StoredWeights = WeightRecord
