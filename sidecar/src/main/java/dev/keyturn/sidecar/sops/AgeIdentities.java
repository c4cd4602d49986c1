package dev.keyturn.sidecar.sops;

import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.UnsupportedRecipientStanzaException;
import com.exceptionfactory.jagged.bech32.Bech32;
import com.exceptionfactory.jagged.framework.armor.ArmoredDecryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.text.SecretText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.crypto.KeyAgreement;

/** The age identities of a file, as {@code age-keygen} writes it; read anew for each use. */
final class AgeIdentities {
  private static final String PREFIX = "AGE-SECRET-KEY-1";

  /** More than a thousand identities. */
  private static final int MAX_BYTES = 1 << 17;

  /** More than any share of a data key, which has 33 bytes. */
  private static final int MAX_KEY_BYTES = 256;

  private final Path file;

  AgeIdentities(Path file) {
    this.file = file;
  }

  /** What an age file holds. */
  byte[] decrypt(MasterKey.Age key) throws FetchException {
    try (SecretText text = new SecretText()) {
      List<CharSequence> identities = identities(text);
      List<RecipientStanzaReader> readers = new ArrayList<>();
      for (CharSequence identity : identities) {
        readers.add(X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(identity));
      }
      byte[] encrypted = key.encrypted().getBytes(StandardCharsets.UTF_8);
      try (ReadableByteChannel channel =
          new ArmoredDecryptingChannelFactory()
              .newDecryptingChannel(
                  Channels.newChannel(new ByteArrayInputStream(encrypted)), readers)) {
        return content(channel);
      } catch (UnsupportedRecipientStanzaException e) {
        throw FetchException.permanent(reason(key.recipient(), identities));
      }
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      // Jagged answers some damage with a BufferUnderflowException; a message may quote its input.
      throw FetchException.permanent(
          "what is encrypted for it, or an identity in %s, is damaged".formatted(file));
    }
  }

  private static byte[] content(ReadableByteChannel channel) throws IOException {
    byte[] buffer = new byte[MAX_KEY_BYTES];
    try {
      ByteBuffer content = ByteBuffer.wrap(buffer);
      while (content.hasRemaining() && channel.read(content) >= 0) {
        // Until the end.
      }
      return Arrays.copyOf(buffer, content.position());
    } finally {
      Arrays.fill(buffer, (byte) 0);
    }
  }

  private List<CharSequence> identities(SecretText text) throws FetchException {
    read(text);
    List<CharSequence> identities = new ArrayList<>();
    String refused = null;
    int start = 0;
    while (start < text.length()) {
      int end = start;
      while (end < text.length() && text.charAt(end) != '\n') {
        end++;
      }
      CharSequence line = stripped(text, start, end);
      start = end + 1;
      if (begins(line, PREFIX)) {
        identities.add(line);
      } else if (!line.isEmpty() && line.charAt(0) != '#' && refused == null) {
        refused = refusal(line);
      }
    }
    if (identities.isEmpty()) {
      throw FetchException.permanent(
          "%s %s".formatted(file, refused == null ? "has no age identity in it" : refused));
    }
    return identities;
  }

  private void read(SecretText text) throws FetchException {
    byte[] content = new byte[0];
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw FetchException.permanent(file + " is too long for a file of age identities");
      }
      content = Files.readAllBytes(file);
      text.appendUtf8(content);
    } catch (NoSuchFileException e) {
      throw FetchException.permanent(
          "there is no file %s, which the plan names as sops.age-identity-file: mount it"
              .formatted(file));
    } catch (CharacterCodingException e) {
      throw FetchException.permanent(file + " is no file of age identities: it is not UTF-8");
    } catch (IOException e) {
      throw FetchException.permanent(
          "%s cannot be read: %s".formatted(file, e.getClass().getSimpleName()));
    } finally {
      Arrays.fill(content, (byte) 0);
    }
  }

  private static CharSequence stripped(SecretText text, int start, int end) {
    int from = start;
    int to = end;
    while (from < to && text.charAt(from) <= ' ') {
      from++;
    }
    while (from < to && text.charAt(to - 1) <= ' ') {
      to--;
    }
    return CharBuffer.wrap(text.array(), from, to - from);
  }

  private static boolean begins(CharSequence line, String prefix) {
    return line.length() >= prefix.length()
        && CharSequence.compare(line.subSequence(0, prefix.length()), prefix) == 0;
  }

  /** Why a line is no identity that can be used. */
  private static String refusal(CharSequence line) {
    if (begins(line, "AGE-PLUGIN-")) {
      return "holds an identity of a plugin, which would have to run here: use one of"
          + " age-keygen's own, for this workload alone";
    }
    if (begins(line, "AGE-SECRET-KEY-")) {
      return "holds an identity of another kind than X25519: use one of age-keygen's"
          + " (without -pq)";
    }
    if (begins(line, "-----BEGIN AGE ENCRYPTED FILE-----") || begins(line, "age-encryption.org/")) {
      return "is encrypted with a passphrase, which nobody is there to type: decrypt it"
          + " (age -d), and keep it where only this workload can read it";
    }
    if (begins(line, "-----BEGIN ") || begins(line, "ssh-")) {
      return "holds an SSH key: use an age identity (age-keygen)";
    }
    return "has no age identity in it";
  }

  private String reason(String recipient, List<CharSequence> identities)
      throws GeneralSecurityException {
    if (recipient.startsWith("ssh-")) {
      return "it is an SSH key: add an age recipient of age-keygen's (sops updatekeys)";
    }
    if (!recipient.matches("age1[0-9a-z]{58}")) {
      return "it is of a plugin, or of another kind than X25519: add a recipient of age-keygen's"
          + " (sops updatekeys)";
    }
    List<String> ours = new ArrayList<>();
    for (CharSequence identity : identities) {
      ours.add(recipient(identity));
    }
    return "%s is the identity of %s".formatted(file, String.join(", ", ours));
  }

  /** Whom to encrypt for, so that an identity can decrypt it: X25519 with the base point, 9. */
  private static String recipient(CharSequence identity) throws GeneralSecurityException {
    byte[] scalar = Bech32.getDecoder().decode(identity).getData();
    try {
      KeyFactory keys = KeyFactory.getInstance("X25519");
      KeyAgreement agreement = KeyAgreement.getInstance("X25519");
      agreement.init(
          keys.generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, scalar)));
      agreement.doPhase(
          keys.generatePublic(
              new XECPublicKeySpec(NamedParameterSpec.X25519, BigInteger.valueOf(9))),
          /* lastPhase= */ true);
      return Bech32.getEncoder().encode("age", agreement.generateSecret()).toString();
    } finally {
      Arrays.fill(scalar, (byte) 0);
    }
  }
}
