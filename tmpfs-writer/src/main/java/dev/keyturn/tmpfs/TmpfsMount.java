package dev.keyturn.tmpfs;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.time.Clock;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The mount of {@code docs/mount.md}.
 *
 * <p>Directories and symbolic links are made by path, which is safe since {@link MountDirectory}
 * found that nobody else can redirect the path, and since neither call follows a link in the last
 * place. All that touches the inside of a generation goes through the descriptor of a directory
 * that was found to be ours.
 */
final class TmpfsMount implements Mount {
  private static final Path DATA = Path.of("..data");
  private static final Path NEXT_DATA = Path.of("..data_tmp");
  private static final Path MANIFEST = Path.of("..manifest");

  private static final Pattern FILE_NAME =
      Pattern.compile("(?=.{1,50}$)\\.?[A-Za-z0-9][A-Za-z0-9._-]*");

  private static final Set<PosixFilePermission> PRIVATE = Kernel.permissions(0700);
  private static final Set<PosixFilePermission> PUBLISHED = Kernel.permissions(0755);
  private static final Set<PosixFilePermission> MANIFEST_PERMISSIONS = Kernel.permissions(0444);
  private static final Set<OpenOption> CREATE =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
  private static final Set<OpenOption> READ =
      Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

  private final Path directory;
  private final SecureDirectoryStream<Path> root;
  private final WriterLock lock;
  private final int uid;
  private final Set<PosixFilePermission> umask;
  private final Report report;
  private final Clock clock;
  private final Plaintext plaintext = new Plaintext();

  /** The directories of generations that are there, ours without exception. */
  private final NavigableSet<GenerationName> generations = new TreeSet<>();

  /** The stable names that are there. */
  private final Set<String> links = new HashSet<>();

  /** What {@code ..data} leads to. */
  private @Nullable GenerationName current;

  /** The names of the current generation's files, and perhaps the manifest's. */
  private Set<String> names = Set.of();

  private long lastNumber;
  private boolean closed;

  static TmpfsMount open(Path directory, DiskPolicy policy, Kernel kernel, Clock clock)
      throws MountException {
    try {
      Path path = MountDirectory.check(directory, kernel);
      Kernel.FileSystem fileSystem = kernel.fileSystem(path);
      if (!fileSystem.inMemory() && policy == DiskPolicy.REFUSE) {
        throw new MountException(
            path
                + " cannot be a mount: it is on "
                + fileSystem.type()
                + ", where secrets could reach a disk; use a directory on a tmpfs (/dev/shm/..., an"
                + " emptyDir with 'medium: Memory'), or allow the disk (--allow-disk)");
      }
      Report report = new Report(fileSystem.inMemory(), fileSystem.canSwap());
      SecureDirectoryStream<Path> root = openDirectory(path);
      WriterLock lock = null;
      try {
        lock = WriterLock.take(path, key(root), kernel);
        TmpfsMount mount =
            new TmpfsMount(path, root, lock, kernel.uid(), kernel.umask(), report, clock);
        mount.recover();
        return mount;
      } catch (IOException | RuntimeException e) {
        if (lock != null) {
          lock.close();
        }
        root.close();
        throw e;
      }
    } catch (IOException e) {
      throw explained("cannot open the mount " + directory, e);
    }
  }

  @SuppressWarnings("StreamResourceLeak") // the caller closes it
  private static SecureDirectoryStream<Path> openDirectory(Path path) throws IOException {
    if (Files.newDirectoryStream(path) instanceof SecureDirectoryStream<Path> directory) {
      return directory;
    }
    throw new MountException(path + " cannot be a mount: Keyturn publishes on Linux only");
  }

  private TmpfsMount(
      Path directory,
      SecureDirectoryStream<Path> root,
      WriterLock lock,
      int uid,
      Set<PosixFilePermission> umask,
      Report report,
      Clock clock) {
    this.directory = directory;
    this.root = root;
    this.lock = lock;
    this.uid = uid;
    this.umask = umask;
    this.report = report;
    this.clock = clock;
  }

  @Override
  public Report report() {
    return report;
  }

  @Override
  public synchronized Publication publish(Generation generation) throws MountException {
    requireOpen();
    List<SecretFile> files = generation.files();
    validate(files);
    try {
      tidy();
      GenerationName next = GenerationName.of(clock.instant(), lastNumber + 1);
      byte[] manifest = Manifest.of(next, files);
      if (current != null && isPublished(current, files, manifest)) {
        return new Publication(current.id(), false);
      }
      lastNumber = next.number();
      try {
        write(next, files, manifest);
        link(files);
        swap(next);
      } catch (IOException | RuntimeException e) {
        try {
          tidy();
        } catch (IOException left) {
          e.addSuppressed(left);
        }
        throw e;
      }
      current = next;
      names = namesOf(files);
      try {
        tidy();
      } catch (IOException e) {
        // The generation is out; what can't be removed now is tried again by the next publish.
      }
      return new Publication(next.id(), true);
    } catch (IOException e) {
      throw explained("cannot publish to " + directory, e);
    }
  }

  @Override
  public synchronized void clear() throws MountException {
    requireOpen();
    try {
      if (current != null) {
        delete(root, DATA);
        current = null;
        names = Set.of();
      }
      tidy();
    } catch (IOException e) {
      throw explained("cannot clear " + directory, e);
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    lock.close();
    try {
      root.close();
    } catch (IOException e) {
      // Nothing was written through it that could be lost.
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the mount " + directory + " is closed");
    }
  }

  private void validate(List<SecretFile> files) throws MountException {
    Set<String> seen = new HashSet<>();
    for (SecretFile file : files) {
      String problem =
          !FILE_NAME.matcher(file.name()).matches()
              ? "must be 1 to 50 of A-Z a-z 0-9 . _ -, starting with a letter, a digit or one dot"
              : !seen.add(file.name())
                  ? "is there twice; give each file a name of its own"
                  : !file.permissions().contains(PosixFilePermission.OWNER_READ)
                      ? "must be readable by its owner; use 0400 or more"
                      : null;
      if (problem != null) {
        throw new MountException(
            "cannot publish to " + directory + ": the file '" + file.name() + "' " + problem);
      }
    }
  }

  /** Takes stock of what is there, and finishes or removes what a killed writer left half-done. */
  private void recover() throws IOException {
    for (String entry : entries(root)) {
      GenerationName generation = GenerationName.ofDirectory(entry);
      if (generation != null) {
        openGeneration(generation).close();
        generations.add(generation);
      } else if (isLink(directory.resolve(entry), target(entry))) {
        links.add(entry);
      }
    }
    lastNumber = generations.isEmpty() ? 0 : generations.last().number();
    GenerationName linked = linkedGeneration(DATA);
    current = linked == null || !generations.contains(linked) ? null : linked;
    if (current != null) {
      try (SecureDirectoryStream<Path> generation = openGeneration(current)) {
        names = entries(generation);
      }
    }
    tidy();
  }

  /** Removes what neither the current generation needs nor one who still reads the one before. */
  private void tidy() throws IOException {
    if (linkedGeneration(NEXT_DATA) != null) {
      delete(root, NEXT_DATA);
    }
    for (Iterator<String> all = links.iterator(); all.hasNext(); ) {
      String link = all.next();
      if (!names.contains(link)) {
        delete(root, Path.of(link));
        all.remove();
      }
    }
    GenerationName previous = current == null ? null : generations.lower(current);
    for (Iterator<GenerationName> all = generations.iterator(); all.hasNext(); ) {
      GenerationName generation = all.next();
      if (!generation.equals(current) && !generation.equals(previous)) {
        remove(generation);
        all.remove();
      }
    }
  }

  private void remove(GenerationName name) throws IOException {
    try (SecureDirectoryStream<Path> generation = openGeneration(name)) {
      for (String file : entries(generation)) {
        delete(generation, Path.of(file));
      }
      root.deleteDirectory(name.directory());
    } catch (NoSuchFileException e) {
      // Somebody removed it by hand.
    }
  }

  private static void delete(SecureDirectoryStream<Path> directory, Path file) throws IOException {
    try {
      directory.deleteFile(file);
    } catch (NoSuchFileException e) {
      // Somebody removed it by hand.
    }
  }

  private boolean isPublished(GenerationName published, List<SecretFile> files, byte[] manifest)
      throws IOException {
    for (Iterator<String> all = links.iterator(); all.hasNext(); ) {
      String link = all.next();
      if (!isLink(directory.resolve(link), target(link))) {
        all.remove();
      }
    }
    if (!links.containsAll(namesOf(files)) || !published.equals(linkedGeneration(DATA))) {
      return false;
    }
    try (SecureDirectoryStream<Path> generation = openGeneration(published)) {
      Set<String> expected = namesOf(files);
      expected.add(MANIFEST.toString());
      if (!expected.equals(entries(generation))
          || !Manifest.same(readManifest(generation), manifest)) {
        return false;
      }
      Path path = directory.resolve(published.directory());
      int gid = Stat.of(path).gid();
      for (SecretFile file : files) {
        Path name = Path.of(file.name());
        Stat stat = Stat.of(path.resolve(name));
        if (stat.uid() != file.uid().orElse(uid)
            || stat.gid() != file.gid().orElse(gid)
            || !Kernel.permissions(stat.mode()).equals(file.permissions())) {
          return false;
        }
        try (SeekableByteChannel channel = generation.newByteChannel(name, READ)) {
          if (!plaintext.equals(file.content(), channel)) {
            return false;
          }
        }
      }
      return true;
    } catch (FileSystemException e) {
      // Somebody took it away or locked it; publishing again mends that, or says why it can't.
      return false;
    }
  }

  private static byte[] readManifest(SecureDirectoryStream<Path> generation) throws IOException {
    try (SeekableByteChannel channel = generation.newByteChannel(MANIFEST, READ)) {
      return Channels.newInputStream(channel).readAllBytes();
    }
  }

  private void write(GenerationName next, List<SecretFile> files, byte[] manifest)
      throws IOException {
    Path path = directory.resolve(next.directory());
    try {
      Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PRIVATE));
    } catch (FileAlreadyExistsException e) {
      throw MountException.foreign(path, "no entry");
    }
    generations.add(next);
    try (SecureDirectoryStream<Path> generation = openGeneration(next)) {
      for (SecretFile file : files) {
        write(generation, file);
      }
      try (SeekableByteChannel channel = create(generation, MANIFEST, MANIFEST_PERMISSIONS)) {
        plaintext.write(manifest, channel);
      }
      generation.getFileAttributeView(PosixFileAttributeView.class).setPermissions(PUBLISHED);
    }
  }

  private void write(SecureDirectoryStream<Path> generation, SecretFile file) throws IOException {
    Path name = Path.of(file.name());
    try (SeekableByteChannel channel = create(generation, name, file.permissions())) {
      try {
        if (file.uid().isPresent() || file.gid().isPresent()) {
          own(generation, name, file.uid(), file.gid());
        }
      } catch (FileSystemException e) {
        throw new MountException(
            "cannot publish to "
                + directory
                + ": the file '"
                + name
                + "' cannot be given to uid "
                + text(file.uid())
                + ", gid "
                + text(file.gid())
                + ": "
                + reason(e)
                + "; run the writer as that user and in that group, or with the capability CHOWN",
            e);
      }
      plaintext.write(file.content(), channel);
    }
  }

  private void own(
      SecureDirectoryStream<Path> generation, Path name, OptionalInt owner, OptionalInt group)
      throws IOException {
    PosixFileAttributeView file = view(generation, name);
    UserPrincipalLookupService numbers = name.getFileSystem().getUserPrincipalLookupService();
    if (group.isPresent()) {
      file.setGroup(numbers.lookupPrincipalByGroupName(Integer.toString(group.getAsInt())));
    }
    // Last, since a file that was given away can't be changed any more.
    if (owner.isPresent() && owner.getAsInt() != uid) {
      file.setOwner(numbers.lookupPrincipalByName(Integer.toString(owner.getAsInt())));
    }
  }

  private static PosixFileAttributeView view(SecureDirectoryStream<Path> generation, Path name) {
    return generation.getFileAttributeView(
        name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
  }

  private SeekableByteChannel create(
      SecureDirectoryStream<Path> generation, Path name, Set<PosixFilePermission> permissions)
      throws IOException {
    SeekableByteChannel channel =
        generation.newByteChannel(name, CREATE, PosixFilePermissions.asFileAttribute(permissions));
    try {
      if (!Collections.disjoint(permissions, umask)) {
        view(generation, name).setPermissions(permissions);
      }
      return channel;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Makes the stable names that are missing. Before the swap, so that the swap is the last step
   * that can fail; until then a new name leads nowhere, as if it weren't there.
   */
  private void link(List<SecretFile> files) throws IOException {
    for (SecretFile file : files) {
      String name = file.name();
      if (!links.contains(name)) {
        Path link = directory.resolve(name);
        try {
          Files.createSymbolicLink(link, target(name));
        } catch (FileAlreadyExistsException e) {
          if (!isLink(link, target(name))) {
            throw MountException.foreign(link, "a symbolic link to " + target(name));
          }
        }
        links.add(name);
      }
    }
  }

  private void swap(GenerationName next) throws IOException {
    Path nextData = directory.resolve(NEXT_DATA);
    try {
      Files.createSymbolicLink(nextData, next.directory());
    } catch (FileAlreadyExistsException e) {
      throw MountException.foreign(nextData, "no entry");
    }
    root.move(NEXT_DATA, root, DATA);
  }

  private static Path target(String name) {
    return DATA.resolve(name);
  }

  /** Opens the directory of a generation, which must be one of ours. */
  private SecureDirectoryStream<Path> openGeneration(GenerationName name) throws IOException {
    Path path = directory.resolve(name.directory());
    Stat stat = Stat.of(path);
    if (stat.isDirectory() && stat.uid() == uid) {
      SecureDirectoryStream<Path> generation =
          root.newDirectoryStream(name.directory(), LinkOption.NOFOLLOW_LINKS);
      if (key(generation).equals(stat.key())) {
        return generation;
      }
      generation.close();
    }
    throw MountException.foreign(path, "a directory of this user's");
  }

  /** The generation that a link of ours leads to; null if there is no such entry. */
  private @Nullable GenerationName linkedGeneration(Path link) throws IOException {
    Path path = directory.resolve(link);
    try {
      GenerationName generation =
          GenerationName.ofDirectory(Files.readSymbolicLink(path).toString());
      if (generation != null && Stat.of(path).uid() == uid) {
        return generation;
      }
    } catch (NoSuchFileException e) {
      return null;
    } catch (NotLinkException e) {
      // Falls through.
    }
    throw MountException.foreign(path, "a symbolic link of this user's to a generation");
  }

  private static boolean isLink(Path entry, Path target) throws IOException {
    try {
      return Files.readSymbolicLink(entry).equals(target);
    } catch (NotLinkException | NoSuchFileException e) {
      return false;
    }
  }

  private static Set<String> namesOf(List<SecretFile> files) {
    Set<String> names = new HashSet<>();
    for (SecretFile file : files) {
      names.add(file.name());
    }
    return names;
  }

  private static Set<String> entries(SecureDirectoryStream<Path> directory) throws IOException {
    Set<String> entries = new HashSet<>();
    try {
      for (Path entry : directory) {
        entries.add(entry.getFileName().toString());
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return entries;
  }

  private static Object key(SecureDirectoryStream<Path> directory) throws IOException {
    return directory.getFileAttributeView(BasicFileAttributeView.class).readAttributes().fileKey();
  }

  private static String text(OptionalInt number) {
    return number.isPresent() ? Integer.toString(number.getAsInt()) : "unchanged";
  }

  private static MountException explained(String what, IOException e) {
    return e instanceof MountException known
        ? known
        : new MountException(what + ": " + reason(e) + advice(e), e);
  }

  private static String reason(IOException e) {
    return switch (e) {
      case ClosedByInterruptException _ -> "the thread was interrupted";
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case NoSuchFileException missing -> missing.getFile() + " is gone";
      case FileSystemException failed when failed.getReason() != null ->
          failed.getFile() + ": " + failed.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }

  /** By the C library's words, which in another language than English go without advice. */
  private static String advice(IOException e) {
    String message = String.valueOf(e.getMessage());
    return e instanceof AccessDeniedException
        ? "; give the directory to the writer's user"
        : message.contains("No space left")
            ? "; make the volume larger (an emptyDir's sizeLimit), or publish less"
            : message.contains("Read-only") ? "; mount it writable for the writer" : "";
  }
}
