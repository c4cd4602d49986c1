package dev.keyturn.sidecar.render;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;

/** Private keys: RSA, EC and EdDSA, in the three forms in which they are passed around. */
final class PrivateKeys {
  private PrivateKeys() {}

  /**
   * A key as PKCS#8 (RFC 5208), which says everything about it.
   *
   * @param label of its PEM block; PKCS#1 and SEC1 are the same key without the wrapper that names
   *     its kind and curve, which the public half names too
   * @return a copy that the caller wipes
   */
  static byte[] pkcs8(String label, byte[] key, PublicKey publicKey) {
    if (label.equals("PRIVATE KEY")) {
      return key.clone();
    }
    byte[] octets = Der.tagged(Der.OCTET_STRING, key);
    try {
      return Der.sequence(Der.integer(0), Der.firstOf(publicKey.getEncoded()), octets);
    } finally {
      Arrays.fill(octets, (byte) 0);
    }
  }

  /** Whether what the private key signs, the public key verifies. */
  static boolean belongTogether(byte[] pkcs8, PublicKey publicKey) {
    byte[] text = "any text".getBytes(StandardCharsets.US_ASCII);
    try {
      PrivateKey key =
          KeyFactory.getInstance(publicKey.getAlgorithm())
              .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      Signature signature =
          Signature.getInstance(
              switch (key.getAlgorithm()) {
                case "EC" -> "SHA256withECDSA";
                case "RSA" -> "SHA256withRSA";
                default -> key.getAlgorithm(); // EdDSA is its own signature's name
              });
      signature.initSign(key);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(text);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      // Of another kind, or broken: not this one's in either case.
      return false;
    }
  }
}
