package dev.keyturn.sidecar.publication;

import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
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

  static Rendered restore(StateReader in) {
    return new Rendered(
        in.bytes(),
        new FileFacts(
            in.text(),
            in.text(),
            in.instant(),
            in.text(),
            in.map(StateReader::text),
            in.map(StateReader::text),
            in.map(StateReader::text),
            in.flag(),
            in.texts()));
  }

  void save(StateWriter out) {
    out.bytes(content).text(facts.reference()).text(facts.version()).instant(facts.fetchedAt());
    out.text(facts.format()).map(facts.env(), StateWriter::text);
    out.map(facts.defaultEnv(), StateWriter::text).map(facts.properties(), StateWriter::text);
    out.flag(facts.standIn()).texts(facts.hosts());
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
