package dev.keyturn.sidecar.source;

import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One value of a secret.
 *
 * @param id the source's own name for this version; empty where it has none
 * @param fields by their keys, all that the source has; may be empty
 * @param lease empty where the version is good until the next one
 */
public record Version(Optional<String> id, SortedMap<String, Field> fields, Optional<Lease> lease)
    implements AutoCloseable {

  /** Whether the values are the same, compared in constant time each. */
  public boolean hasFieldsOf(Version other) {
    return fields.equals(other.fields);
  }

  /** The same with bytes of its own. */
  public Version copy() {
    SortedMap<String, Field> copies = new TreeMap<>();
    fields.forEach((key, field) -> copies.put(key, field.copy()));
    return new Version(id, copies, lease);
  }

  /** Reads what {@link #save} wrote. */
  public static Version restore(StateReader in) {
    return new Version(
        in.optional(StateReader::text),
        new TreeMap<>(in.map(Field::restore)),
        in.optional(Lease::restore));
  }

  /** For a process that sleeps. */
  public void save(StateWriter out) {
    out.optional(id, StateWriter::text);
    out.map(fields, (it, field) -> field.save(it));
    out.optional(lease, (it, lease) -> lease.save(it));
  }

  /** Wipes the fields. */
  @Override
  public void close() {
    fields.values().forEach(field -> field.value().close());
  }
}
