package dev.keyturn.sidecar.publication;

import dev.keyturn.tmpfs.FileFacts;
import java.util.Arrays;

/**
 * A secret as a file.
 *
 * @param content owned by this, wiped when closed
 */
@SuppressWarnings("ArrayRecordComponent") // compared by what sameAs says; prints no content
public record Rendered(byte[] content, FileFacts facts) implements AutoCloseable {

  Rendered copy() {
    return new Rendered(content.clone(), facts);
  }

  /** Whether a reader would see no difference but the version and its time. */
  boolean sameAs(Rendered other) {
    return Arrays.equals(content, other.content)
        && facts.env().equals(other.facts.env())
        && facts.defaultEnv().equals(other.facts.defaultEnv())
        && facts.properties().equals(other.facts.properties())
        && facts.standIn() == other.facts.standIn()
        && facts.hosts().equals(other.facts.hosts());
  }

  @Override
  public void close() {
    Arrays.fill(content, (byte) 0);
  }

  @Override
  public String toString() {
    return "Rendered[" + facts.reference() + "]";
  }
}
