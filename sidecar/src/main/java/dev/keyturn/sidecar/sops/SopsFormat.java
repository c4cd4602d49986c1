package dev.keyturn.sidecar.sops;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The formats that sops knows, by the names of its own {@code --input-type}. */
enum SopsFormat {
  YAML,
  JSON,
  DOTENV,
  INI,
  /** A JSON file with all there is under one key. */
  BINARY;

  /** As deep as anything may be nested. */
  static final int MAX_DEPTH = 100;

  /** Where a binary file has its content. */
  static final String DATA = "data";

  /**
   * A file's content, still encrypted, with its metadata.
   *
   * @throws SopsException if it is not of this format, or has no metadata of sops's
   */
  Encrypted read(byte[] content) throws SopsException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw new SopsException("it is not UTF-8, which every file of sops's is");
    }
    return switch (this) {
      case YAML -> {
        Encrypted read = Metadata.split(YamlTree.read(text, /* comments= */ false));
        // Where comments say what is encrypted, they are worth a second look.
        yield read.metadata().rule().asksForComments()
            ? Metadata.split(YamlTree.read(text, /* comments= */ true))
            : read;
      }
      case JSON, BINARY -> Metadata.split(JsonTree.read(text));
      case DOTENV -> Metadata.splitFlat(DotenvTree.read(text));
      case INI -> Metadata.splitSection(IniTree.read(text));
    };
  }

  /** A file that was read. */
  record Encrypted(Tree.Branch tree, Metadata metadata) {}
}
