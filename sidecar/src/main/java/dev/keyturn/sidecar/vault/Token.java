package dev.keyturn.sidecar.vault;

import dev.keyturn.sidecar.rotation.Rotation.Held;
import dev.keyturn.sidecar.source.Lease;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.time.Instant;
import java.util.Optional;

/**
 * What a login gave. Prints nothing of it. A String, since the driver takes nothing else. Safe for
 * use by several threads.
 */
final class Token {
  private final String text;
  private final boolean batch;
  private final boolean ours;
  private volatile Optional<Held> life;

  /**
   * @param batch whether it is one that the server keeps no record of: it can't be revoked
   * @param ours whether we logged in for it, and so revoke it at the end
   * @param life empty for one that does not end, or whose end nobody told us
   * @param now when it was given
   */
  Token(String text, boolean batch, boolean ours, Optional<Lease> life, Instant now) {
    this.text = text;
    this.batch = batch;
    this.ours = ours;
    this.life = life.map(lease -> Held.first(lease, now));
  }

  private Token(String text, boolean batch, boolean ours, Optional<Held> life) {
    this.text = text;
    this.batch = batch;
    this.ours = ours;
    this.life = life;
  }

  static Token restore(StateReader in) {
    return new Token(in.text(), in.flag(), in.flag(), in.optional(Held::restore));
  }

  void save(StateWriter out) {
    out.text(text).flag(batch).flag(ours).optional(life, (it, held) -> held.save(it));
  }

  String text() {
    return text;
  }

  boolean isSame(Token other) {
    return text.equals(other.text);
  }

  /** Whether giving it back ends all that was leased with it. */
  boolean isRevocable() {
    return ours && !batch;
  }

  Optional<Held> life() {
    return life;
  }

  void renewed(Lease granted, Instant now) {
    life = life.map(held -> held.renewed(granted, now));
  }

  boolean isOver(Instant now) {
    Optional<Held> held = life;
    return held.isPresent() && !now.isBefore(held.get().end());
  }

  @Override
  public String toString() {
    return "[token]";
  }
}
