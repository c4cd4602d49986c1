package dev.keyturn.plan;

/** How a secret's fields become the bytes of one file. {@code docs/mount.md} defines each. */
public enum Format {
  /** The one field's bytes and nothing else. */
  RAW,
  /** {@link java.util.Properties}, UTF-8 escaped to ASCII. */
  PROPERTIES,
  /** {@code KEY='value'} lines that a POSIX shell can source. */
  ENV,
  /** One JSON object. */
  JSON,
  /** One YAML mapping, each entry on a line: a double-quoted key, then the value as JSON. */
  YAML,
  /** A certificate's key, the certificate and its chain, PEM, in this order. */
  PEM,
  /** The same as a PKCS#12 key store. */
  PKCS12,
  /** The same as a key store of Java's own old kind. */
  JKS;

  /** Whether this is made of a key and its certificates. */
  public boolean isCertificate() {
    return this == PEM || isStore();
  }

  /** Whether this is a key store, which has a password. */
  public boolean isStore() {
    return this == PKCS12 || this == JKS;
  }

  /** The name in plans, annotations and manifests: lower case. */
  public String text() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
