package dev.keyturn.sidecar.sops;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Writes a JSON file of one value as sops does, by default with the data key of a vector: so a test
 * can have any value without sops on the machine. What the real sops writes is in the vectors.
 */
final class SopsWriter {
  private SopsWriter() {}

  static void write(Path file, String key, String value) throws Exception {
    Metadata metadata =
        SopsFormat.JSON
            .read(Files.readAllBytes(Vectors.directory().resolve("plain.enc.json")))
            .metadata();
    MasterKey.Age age = (MasterKey.Age) metadata.groups().getFirst().getFirst();
    String keys =
        "\"age\": [{\"recipient\": \"%s\", \"enc\": \"%s\"}]"
            .formatted(age.recipient(), age.encrypted().replace("\n", "\\n"));
    write(file, key, value, DataKey.of(metadata, Vectors.keys()), keys);
  }

  /**
   * The same with a data key of its own.
   *
   * @param keys the metadata's entries for the master keys
   */
  static void write(Path file, String key, String value, byte[] dataKey, String keys)
      throws Exception {
    String time = "2026-11-24T10:00:00Z";
    String mac =
        HexFormat.of()
            .withUpperCase()
            .formatHex(
                MessageDigest.getInstance("SHA-512")
                    .digest(value.getBytes(StandardCharsets.UTF_8)));
    String json =
        """
        {"%s": "%s", "sops": {%s, "lastmodified": "%s", "mac": "%s"}}
        """
            .formatted(
                key, encrypt(dataKey, value, key + ":"), keys, time, encrypt(dataKey, mac, time));
    Path draft = file.resolveSibling("draft");
    Files.writeString(draft, json);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String encrypt(byte[] key, String value, String bound) throws Exception {
    byte[] nonce = new byte[32];
    new SecureRandom().nextBytes(nonce);
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
    cipher.updateAAD(bound.getBytes(StandardCharsets.UTF_8));
    byte[] out = cipher.doFinal(value.getBytes(StandardCharsets.UTF_8));
    Base64.Encoder base64 = Base64.getEncoder();
    return "ENC[AES256_GCM,data:%s,iv:%s,tag:%s,type:str]"
        .formatted(
            base64.encodeToString(Arrays.copyOf(out, out.length - 16)),
            base64.encodeToString(nonce),
            base64.encodeToString(Arrays.copyOfRange(out, out.length - 16, out.length)));
  }
}
