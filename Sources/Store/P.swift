public enum SP {}
