package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.sops.SopsFormat.Encrypted;
import dev.keyturn.sidecar.sops.Tree.Branch;
import dev.keyturn.sidecar.sops.Tree.Entry;
import dev.keyturn.sidecar.sops.Tree.Item;
import dev.keyturn.sidecar.sops.Tree.Kind;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import dev.keyturn.sidecar.sops.Tree.Listing;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** Makes an encrypted file plain, and believes it only if its MAC is right. Used once. */
final class Decryption {
  /**
   * What a MAC over the encrypted values alone begins with, so that it is never one over all:
   * {@code MACOnlyEncryptedInitialization} of sops, SHA-256 of "sops".
   */
  private static final byte[] ONLY_ENCRYPTED =
      HexFormat.of().parseHex("8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69");

  private final Metadata metadata;
  private final SecretKey key;
  private final MessageDigest digest;
  private final List<String> path = new ArrayList<>();
  private final Deque<List<String>> comments = new ArrayDeque<>();

  /** All that is plain already, to be wiped if the rest fails. */
  private final List<Tree> plain = new ArrayList<>();

  private Decryption(Metadata metadata, SecretKey key) {
    this.metadata = metadata;
    this.key = key;
    try {
      this.digest = MessageDigest.getInstance("SHA-512");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-512", e);
    }
  }

  /**
   * The file's tree, plain.
   *
   * @param dataKey left as it is
   * @return what the caller closes
   * @throws SopsException if a value can't be decrypted, or the MAC is another
   */
  static Branch decrypt(Encrypted file, byte[] dataKey) throws SopsException {
    var decryption = new Decryption(file.metadata(), new SecretKeySpec(dataKey, "AES"));
    try {
      Branch branch = decryption.checked(file.tree());
      decryption.plain.clear();
      return branch;
    } finally {
      decryption.plain.forEach(Tree::close);
    }
  }

  private Branch checked(Branch encrypted) throws SopsException {
    if (metadata.macOnlyEncrypted()) {
      digest.update(ONLY_ENCRYPTED);
    }
    Branch branch = branch(encrypted);
    byte[] mac =
        HexFormat.of()
            .withUpperCase()
            .formatHex(digest.digest())
            .getBytes(StandardCharsets.US_ASCII);
    Leaf expected;
    try {
      expected = EncryptedValue.decrypt(metadata.mac(), key, metadata.lastModified());
    } catch (SopsException e) {
      throw new SopsException("its MAC " + e.getMessage());
    }
    if (expected == null) {
      throw new SopsException(
          "its MAC was made with another key or at another time: the metadata was changed behind"
              + " sops's back; restore the file");
    }
    if (!MessageDigest.isEqual(mac, expected.bytes())) {
      throw new SopsException(
          "its MAC is not that of its values: they were changed behind sops's back; restore the"
              + " file, or, if you trust it, have sops write it anew (sops edit --ignore-mac)");
    }
    return branch;
  }

  private Branch branch(Branch encrypted) throws SopsException {
    List<Entry> entries = new ArrayList<>();
    for (Entry entry : encrypted.entries()) {
      path.addLast(entry.key());
      comments.addLast(entry.comments());
      value(entry.value())
          .ifPresent(value -> entries.add(new Entry(entry.key(), value, List.of())));
      comments.removeLast();
      path.removeLast();
    }
    return new Branch(entries);
  }

  private Listing listing(Listing encrypted) throws SopsException {
    List<Item> items = new ArrayList<>();
    for (Item item : encrypted.items()) {
      comments.addLast(item.comments());
      value(item.value()).ifPresent(value -> items.add(new Item(value, List.of())));
      comments.removeLast();
    }
    return new Listing(items);
  }

  /** The value, plain; empty for what turns out to be a comment. */
  private Optional<Tree> value(Tree encrypted) throws SopsException {
    return switch (encrypted) {
      case Branch branch -> Optional.of(branch(branch));
      case Listing listing -> Optional.of(listing(listing));
      case Leaf leaf -> leaf(leaf);
    };
  }

  private Optional<Tree> leaf(Leaf leaf) throws SopsException {
    if (leaf.kind() == Kind.NULL) {
      return Optional.of(leaf);
    }
    boolean encrypted = metadata.rule().encrypts(path, comments);
    Leaf value = encrypted ? decrypted(leaf) : leaf;
    if (value.kind() == Kind.COMMENT) {
      return Optional.empty();
    }
    if (encrypted || !metadata.macOnlyEncrypted()) {
      digest.update(value.bytes());
    }
    return Optional.of(value);
  }

  private Leaf decrypted(Leaf leaf) throws SopsException {
    if (leaf.kind() == Kind.TEXT && leaf.bytes().length == 0) {
      // sops leaves what is empty as it is.
      return leaf;
    }
    String text = leaf.text();
    Leaf value;
    try {
      value = EncryptedValue.decrypt(text, key, String.join(":", path) + ":");
    } catch (SopsException e) {
      throw new SopsException(
          "the value at '%s' %s, though the file's rule for what is encrypted has it so: edit the file with sops"
              .formatted(String.join(".", path), e.getMessage()));
    }
    if (value == null) {
      throw new SopsException(
          "the value at '%s' can't be decrypted: it, its key or where it is was changed behind sops's back; restore the file"
              .formatted(String.join(".", path)));
    }
    plain.add(value);
    return value;
  }
}
