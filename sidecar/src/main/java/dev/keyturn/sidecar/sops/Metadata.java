package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.sops.SopsFormat.Encrypted;
import dev.keyturn.sidecar.sops.Tree.Branch;
import dev.keyturn.sidecar.sops.Tree.Entry;
import dev.keyturn.sidecar.sops.Tree.Item;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import dev.keyturn.sidecar.sops.Tree.Listing;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a file says of its own encryption. Nothing vouches for it but what the MAC implies.
 *
 * @param groups of keys, any of which decrypts the group's part; one group has the whole data key
 * @param threshold so many groups are needed where there are several
 * @param mac encrypted
 * @param lastModified as RFC 3339 has it, in whole seconds: what the MAC is bound to
 * @param macOnlyEncrypted whether the MAC is over the encrypted values alone
 */
record Metadata(
    List<List<MasterKey>> groups,
    int threshold,
    String mac,
    String lastModified,
    boolean macOnlyEncrypted,
    Rule rule) {

  private static final String KEY = "sops";
  private static final String FLAT_PREFIX = "sops_";

  /** Parts of a flattened key: {@code age__list_0__map_enc}. */
  private static final String MAP = "__map_";

  private static final String LIST = "__list_";

  /** Under a key of its own. */
  static Encrypted split(Branch file) throws SopsException {
    if (!(file.get(KEY) instanceof Branch metadata)) {
      throw missing();
    }
    return new Encrypted(without(file), of(metadata));
  }

  /** In a section of its own, flattened, the newlines escaped. */
  static Encrypted splitSection(Branch file) throws SopsException {
    if (!(file.get(KEY) instanceof Branch metadata)) {
      throw missing();
    }
    Map<String, String> flat = new LinkedHashMap<>();
    for (Entry entry : metadata.entries()) {
      flat.put(entry.key(), ((Leaf) entry.value()).text().replace("\\n", "\n"));
    }
    return new Encrypted(without(file), of(nested(flat)));
  }

  /** Among the other keys, flattened, with a prefix. */
  static Encrypted splitFlat(Branch file) throws SopsException {
    Map<String, String> flat = new LinkedHashMap<>();
    List<Entry> rest = new ArrayList<>();
    for (Entry entry : file.entries()) {
      if (entry.key().startsWith(FLAT_PREFIX)) {
        flat.put(entry.key().substring(FLAT_PREFIX.length()), ((Leaf) entry.value()).text());
      } else {
        rest.add(entry);
      }
    }
    if (flat.isEmpty()) {
      throw missing();
    }
    return new Encrypted(new Branch(rest), of(nested(flat)));
  }

  private static Branch without(Branch file) {
    return new Branch(file.entries().stream().filter(entry -> !entry.key().equals(KEY)).toList());
  }

  private static SopsException missing() {
    return new SopsException(
        "it has no metadata of sops's: encrypt it (sops encrypt -i FILE), or read it as file: if it"
            + " is meant to be plain");
  }

  private static Branch nested(Map<String, String> flat) {
    Map<String, List<Map.Entry<String, String>>> heads = new LinkedHashMap<>();
    for (var entry : flat.entrySet()) {
      int end = separator(entry.getKey());
      heads
          .computeIfAbsent(entry.getKey().substring(0, end), head -> new ArrayList<>())
          .add(Map.entry(entry.getKey().substring(end), entry.getValue()));
    }
    List<Entry> entries = new ArrayList<>();
    heads.forEach((head, rests) -> entries.add(new Entry(head, nested(rests), List.of())));
    return new Branch(entries);
  }

  /** What is under one key: the rests of flattened keys with their values. */
  private static Tree nested(List<Map.Entry<String, String>> rests) {
    Map<String, String> inside = new LinkedHashMap<>();
    boolean list = false;
    for (var rest : rests) {
      if (rest.getKey().isEmpty()) {
        return Leaf.of(Tree.Kind.TEXT, rest.getValue());
      }
      list = rest.getKey().startsWith(LIST);
      inside.put(rest.getKey().substring((list ? LIST : MAP).length()), rest.getValue());
    }
    Branch branch = nested(inside);
    return list
        ? new Listing(
            branch.entries().stream().map(entry -> new Item(entry.value(), List.of())).toList())
        : branch;
  }

  private static int separator(String key) {
    int map = key.indexOf(MAP);
    int list = key.indexOf(LIST);
    return Math.min(map < 0 ? key.length() : map, list < 0 ? key.length() : list);
  }

  private static Metadata of(Branch metadata) throws SopsException {
    String mac = text(metadata, "mac");
    if (mac.isEmpty()) {
      throw new SopsException("its metadata has no MAC: encrypt it anew with sops");
    }
    String lastModified = lastModified(text(metadata, "lastmodified"));
    Rule rule = rule(metadata);
    String threshold = text(metadata, "shamir_threshold");
    return new Metadata(
        groups(metadata),
        threshold.matches("[0-9]{1,3}") ? Integer.parseInt(threshold) : 0,
        mac,
        lastModified,
        text(metadata, "mac_only_encrypted").equalsIgnoreCase("true"),
        rule);
  }

  /** As Go writes the time that it has read. */
  private static String lastModified(String text) throws SopsException {
    try {
      return OffsetDateTime.parse(text)
          .truncatedTo(ChronoUnit.SECONDS)
          .format(DateTimeFormatter.ISO_OFFSET_DATE_TIME);
    } catch (DateTimeException e) {
      throw new SopsException("its metadata has no time in lastmodified");
    }
  }

  private static Rule rule(Branch metadata) throws SopsException {
    Rule rule = null;
    for (Rule.By by : Rule.By.values()) {
      String text = text(metadata, by.key());
      if (!text.isEmpty()) {
        if (rule != null) {
          throw new SopsException(
              "its metadata has both %s and %s, of which sops allows one"
                  .formatted(rule.by().key(), by.key()));
        }
        rule = new Rule(by, text);
      }
    }
    return rule == null ? Rule.DEFAULT : rule;
  }

  private static List<List<MasterKey>> groups(Branch metadata) throws SopsException {
    List<List<MasterKey>> groups = new ArrayList<>();
    List<MasterKey> only = group(metadata);
    if (!only.isEmpty()) {
      groups.add(only);
    } else {
      for (Branch group : branches(metadata, "key_groups")) {
        groups.add(group(group));
      }
    }
    if (groups.isEmpty()) {
      throw new SopsException("its metadata names no key: encrypt it anew with sops");
    }
    return groups;
  }

  /** Those that cost nothing come first. */
  private static List<MasterKey> group(Branch of) {
    List<MasterKey> keys = new ArrayList<>();
    for (Branch key : branches(of, "age")) {
      keys.add(new MasterKey.Age(text(key, "recipient"), text(key, "enc")));
    }
    for (Branch key : branches(of, "hc_vault")) {
      keys.add(
          new MasterKey.Transit(text(key, "engine_path"), text(key, "key_name"), text(key, "enc")));
    }
    for (Branch key : branches(of, "kms")) {
      Map<String, String> context = new LinkedHashMap<>();
      if (key.get("context") instanceof Branch pairs) {
        for (Entry pair : pairs.entries()) {
          context.put(pair.key(), text(pairs, pair.key()));
        }
      }
      Optional<String> role = Optional.of(text(key, "role")).filter(text -> !text.isEmpty());
      keys.add(new MasterKey.Kms(text(key, "arn"), role, context, text(key, "enc")));
    }
    for (Branch key : branches(of, "pgp")) {
      keys.add(new MasterKey.Unsupported("PGP", text(key, "fp")));
    }
    for (Branch key : branches(of, "gcp_kms")) {
      keys.add(new MasterKey.Unsupported("GCP KMS", text(key, "resource_id")));
    }
    for (Branch key : branches(of, "azure_kv")) {
      String name = text(key, "vault_url") + "/keys/" + text(key, "name");
      keys.add(new MasterKey.Unsupported("Azure Key Vault", name));
    }
    for (Branch key : branches(of, "hckms")) {
      keys.add(new MasterKey.Unsupported("Huawei Cloud KMS", text(key, "key_id")));
    }
    return keys;
  }

  private static List<Branch> branches(Branch of, String key) {
    List<Branch> branches = new ArrayList<>();
    if (of.get(key) instanceof Listing listing) {
      for (Item item : listing.items()) {
        if (item.value() instanceof Branch branch) {
          branches.add(branch);
        }
      }
    }
    return branches;
  }

  /** The text under a key; empty where there is none. */
  private static String text(Branch of, String key) {
    @Nullable Tree value = of.get(key);
    return value instanceof Leaf leaf ? leaf.text() : "";
  }
}
