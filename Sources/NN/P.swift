public enum NNP {}
