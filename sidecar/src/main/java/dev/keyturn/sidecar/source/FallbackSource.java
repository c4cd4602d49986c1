package dev.keyturn.sidecar.source;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Several places for one secret, of which the first is used that has it: for a migration from one
 * source to another. The better ones are asked again at each refresh, and when they tell of a
 * change. Once a place has served, an outage of it is an outage, and no reason to go back to an
 * older value; only that the secret is not there any more is.
 */
public final class FallbackSource implements SecretSource {
  /** How long one place alone is waited for. */
  private static final Duration TURN = Duration.ofSeconds(1);

  private final List<Place> places;
  private final IntConsumer serving;

  /** The best place that ever served; before any did, the end of the list. */
  private int best;

  /** The place of the last version; before there is one, the first. */
  private int active;

  private boolean served;

  /** One of the places. */
  public record Place(Reference reference, SecretSource source) {}

  /**
   * Reads nothing yet.
   *
   * @param places the best first, two at least
   * @param serving told which of them serves, when that changes, and at first
   */
  public FallbackSource(List<Place> places, IntConsumer serving) {
    this.places = List.copyOf(places);
    this.best = places.size();
    this.serving = serving;
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    FetchException first = null;
    StringBuilder reasons = new StringBuilder();
    for (int i = 0; i < places.size(); i++) {
      try {
        return serve(i, places.get(i).source().fetch());
      } catch (FetchException e) {
        first = first == null ? e : first;
        reasons.append(reasons.isEmpty() ? "" : "; ").append(e.getMessage());
        if (!e.permanent() && i >= best) {
          throw e;
        }
      }
    }
    if (first == null || !first.permanent()) {
      throw FetchException.temporary(reasons.toString(), first);
    }
    throw FetchException.permanent(reasons.toString());
  }

  /** With the fields that its reference chooses, by the name that the first one gives to them. */
  private Version serve(int place, Version version) throws FetchException {
    Reference reference = places.get(place).reference();
    try (version) {
      SortedMap<String, Field> fields = Selection.select(reference, version.fields());
      Optional<String> key = places.getFirst().reference().key();
      if (key.isPresent()) {
        SortedMap<String, Field> renamed = new TreeMap<>();
        renamed.put(key.get(), fields.get(fields.firstKey()));
        fields = renamed;
      }
      if (!served || active != place) {
        serving.accept(place);
      }
      served = true;
      active = place;
      best = Math.min(best, place);
      return new Version(version.id(), fields, version.lease());
    }
  }

  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    for (int i = 0; i < active; i++) {
      Version better = better(i);
      if (better != null) {
        return Optional.of(better);
      }
    }
    try {
      Optional<Version> newer = places.get(active).source().refresh(current);
      return newer.isEmpty() ? newer : Optional.of(serve(active, newer.get()));
    } catch (FetchException e) {
      if (!e.permanent()) {
        throw e;
      }
      return Optional.of(fetch());
    }
  }

  /** Why it is not there was told when the fallback began to serve. */
  private @Nullable Version better(int place) throws InterruptedException {
    try {
      return serve(place, places.get(place).source().fetch());
    } catch (FetchException e) {
      return null;
    }
  }

  @Override
  public Optional<Lease> renew(Lease lease) throws FetchException, InterruptedException {
    return places.get(active).source().renew(lease);
  }

  @Override
  public void giveBack(Version unused) throws InterruptedException {
    places.get(active).source().giveBack(unused);
  }

  @Override
  public Optional<String> served() {
    return Optional.of(places.get(active).reference().toString());
  }

  @Override
  public void save(StateWriter out) {
    out.number(best).number(active).flag(served);
    places.forEach(place -> place.source().save(out));
  }

  @Override
  public void restore(StateReader in) {
    best = (int) in.number();
    active = (int) in.number();
    served = in.flag();
    places.forEach(place -> place.source().restore(in));
  }

  @Override
  public boolean watches() {
    return true;
  }

  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    Duration left = atMost;
    do {
      Duration turn = left.compareTo(TURN) < 0 ? left : TURN;
      Optional<Wake> wake = places.get(active).source().awaitChange(turn);
      for (int i = 0; i < places.size() && wake.isEmpty(); i++) {
        if (i != active && (i < active || !served)) {
          wake = places.get(i).source().awaitChange(Duration.ZERO);
        }
      }
      if (wake.isPresent()) {
        return wake;
      }
      left = left.minus(turn);
    } while (left.isPositive());
    return Optional.empty();
  }
}
