import Store

/// The store's record of an epoch; `NN` has a type of the same name, and the module `Store` a class of its own name.
typealias StoredEpoch = EpochRecord

/// The store's record of a layer's weights.
typealias StoredWeights = WeightRecord
