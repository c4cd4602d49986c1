package dev.keyturn.sidecar.refresh;

import dev.keyturn.plan.RefreshHint;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The annotation of the sidecar's own pod, as the kubelet writes it to a file: this takes no right
 * in the cluster. Safe for use by several threads.
 */
public final class HintFile {
  /** The kubelet takes about as long; a look is one system call. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** An annotation can be long; more than this is no hint. */
  private static final int MAX_BYTES = 4096;

  private final Path file;
  private String state = "";
  private String text = "";

  /**
   * @param file need not be there
   */
  public HintFile(Path file) {
    this.file = file;
    look();
  }

  /** Tells of every text that is new, until the thread is interrupted. */
  public void watch(Consumer<RefreshHint> hinted) {
    try {
      while (true) {
        if (look()) {
          hinted.accept(RefreshHint.parse(text()));
        }
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      // The way to stop.
    }
  }

  /** Whether there is another text, and one at all: an annotation that is removed asks nothing. */
  synchronized boolean look() {
    String before = text;
    try {
      String now = stateNow();
      if (now.equals(state)) {
        return false;
      }
      try (InputStream in = Files.newInputStream(file)) {
        text = new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
      }
      state = now;
    } catch (IOException e) {
      // Not there yet, or just being replaced.
      return false;
    }
    return !text.isBlank() && !text.equals(before);
  }

  private String stateNow() throws IOException {
    BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
    return facts.fileKey() + " " + facts.lastModifiedTime() + " " + facts.size();
  }

  private synchronized String text() {
    return text;
  }

  /** Whether what is there by now was looked at. */
  public synchronized boolean isAtRest() {
    try {
      return stateNow().equals(state);
    } catch (IOException e) {
      return true;
    }
  }

  /** Writes the text that was told of. */
  public synchronized void save(StateWriter out) {
    out.text(text);
  }

  /** Tells of another text than that which was told of, whenever it came. */
  public synchronized void restore(StateReader in) {
    text = in.text();
    state = "";
  }
}
