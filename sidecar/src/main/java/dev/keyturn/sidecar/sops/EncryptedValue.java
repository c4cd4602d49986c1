package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.sops.Tree.Kind;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/** A value as sops encrypts it, {@code ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]}. */
final class EncryptedValue {
  private static final Pattern FORM =
      Pattern.compile(
          "ENC\\[AES256_GCM,data:([0-9A-Za-z+/=]+),iv:([0-9A-Za-z+/=]+),tag:([0-9A-Za-z+/=]+),"
              + "type:(str|int|float|bool|bytes|time|comment)]");

  private static final int TAG_BITS = 128;

  private EncryptedValue() {}

  /**
   * What was encrypted.
   *
   * @param bound what else was authenticated
   * @return null if it was not encrypted with this key for this place
   * @throws SopsException if it is no encrypted value at all
   */
  static @Nullable Leaf decrypt(String value, SecretKey key, String bound) throws SopsException {
    Matcher matcher = FORM.matcher(value);
    if (!matcher.matches()) {
      throw new SopsException("is not an encrypted value");
    }
    byte[] data;
    byte[] iv;
    byte[] tag;
    try {
      data = Base64.getDecoder().decode(matcher.group(1));
      iv = Base64.getDecoder().decode(matcher.group(2));
      tag = Base64.getDecoder().decode(matcher.group(3));
    } catch (IllegalArgumentException e) {
      throw new SopsException("is not base64 in its encrypted value");
    }
    if (tag.length != TAG_BITS / 8) {
      throw new SopsException("has no whole tag in its encrypted value");
    }
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, iv));
      cipher.updateAAD(bound.getBytes(StandardCharsets.UTF_8));
      cipher.update(data);
      return new Leaf(kind(matcher.group(4)), cipher.doFinal(tag));
    } catch (GeneralSecurityException e) {
      return null;
    }
  }

  private static Kind kind(String type) {
    return switch (type) {
      case "int" -> Kind.INT;
      case "float" -> Kind.FLOAT;
      case "bool" -> Kind.BOOL;
      case "comment" -> Kind.COMMENT;
      default -> Kind.TEXT;
    };
  }
}
