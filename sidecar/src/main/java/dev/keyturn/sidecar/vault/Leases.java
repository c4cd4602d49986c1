package dev.keyturn.sidecar.vault;

import dev.keyturn.sidecar.rotation.Rotation.Held;
import dev.keyturn.sidecar.source.Lease;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** The leases that are not over, to be given back at the end. Safe for use by several threads. */
final class Leases {
  private final InstantSource clock;
  private final boolean givenBack;
  private final List<Entry> entries = new ArrayList<>();

  private record Entry(String id, Token token, Held held) {}

  /**
   * @param givenBack whether they are given back before they end, as the plan says
   */
  Leases(InstantSource clock, boolean givenBack) {
    this.clock = clock;
    this.givenBack = givenBack;
  }

  boolean isGivenBack() {
    return givenBack;
  }

  /** This one is over. */
  synchronized void remove(String id) {
    entries.removeIf(entry -> entry.id.equals(id));
  }

  /** Takes note of a lease, or of its renewal. */
  synchronized void add(Lease lease, Token token) {
    String id = lease.id().orElseThrow();
    entries.removeIf(entry -> entry.id.equals(id) || !clock.instant().isBefore(entry.held.end()));
    entries.add(new Entry(id, token, Held.first(lease, clock.instant())));
  }

  /** Writes those of one token. */
  @SuppressWarnings("ReferenceEquality") // a token has leases, not its text
  synchronized void save(StateWriter out, Token token) {
    List<Entry> own = new ArrayList<>(entries);
    own.removeIf(entry -> entry.token != token);
    out.list(own, (it, entry) -> entry.held.save(it.text(entry.id)));
  }

  synchronized void restore(StateReader in, Token token) {
    entries.addAll(in.list(it -> new Entry(it.text(), token, Held.restore(it))));
  }

  /** The ids of those leased with a token. */
  @SuppressWarnings("ReferenceEquality") // a token has leases, not its text
  synchronized List<String> of(Token token) {
    List<String> ids = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.token == token && clock.instant().isBefore(entry.held.end())) {
        ids.add(entry.id);
      }
    }
    return ids;
  }
}
