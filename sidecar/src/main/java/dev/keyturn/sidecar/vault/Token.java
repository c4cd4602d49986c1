package dev.keyturn.sidecar.vault;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What a login gave. Prints nothing of it. A String, since the driver takes nothing else. */
final class Token {
  private final String text;
  private final Instant since;
  private final Optional<Duration> ttl;
  private final boolean ours;

  /**
   * @param since when it was given
   * @param ttl empty for one that does not expire, or whose end nobody told us
   * @param ours whether we logged in for it, and so revoke it at the end
   */
  Token(String text, Instant since, Optional<Duration> ttl, boolean ours) {
    this.text = text;
    this.since = since;
    this.ttl = ttl;
    this.ours = ours;
  }

  String text() {
    return text;
  }

  boolean ours() {
    return ours;
  }

  /** Two thirds of its life are over: the rest is for a server that is down just then. */
  boolean isDue(Instant now) {
    return ttl.isPresent() && !now.isBefore(since.plus(ttl.get().multipliedBy(2).dividedBy(3)));
  }

  boolean isOver(Instant now) {
    return ttl.isPresent() && !now.isBefore(since.plus(ttl.get()));
  }

  @Override
  public String toString() {
    return "[token]";
  }
}
