package dev.keyturn.tmpfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * The one place where the writer holds bytes of secrets: a buffer outside the heap, wiped after
 * each use. Given a heap array, a channel would copy it into a buffer of the thread's that nobody
 * wipes, and the collector could leave copies of the array behind. Not for use by several threads.
 */
final class Plaintext {
  private static final byte[] ZEROS = new byte[16 * 1024];

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(ZEROS.length);

  /** Writes all of the bytes. */
  void write(byte[] content, WritableByteChannel to) throws IOException {
    try {
      for (int at = 0; at < content.length; ) {
        int length = Math.min(content.length - at, buffer.capacity());
        buffer.clear().put(content, at, length).flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        at += length;
      }
    } finally {
      wipe();
    }
  }

  /** Whether these are all the bytes that can be read. */
  boolean equals(byte[] content, ReadableByteChannel from) throws IOException {
    try {
      int at = 0;
      while (from.read(buffer.clear()) >= 0) {
        buffer.flip();
        int length = buffer.remaining();
        if (length > content.length - at || !buffer.equals(ByteBuffer.wrap(content, at, length))) {
          return false;
        }
        at += length;
      }
      return at == content.length;
    } finally {
      wipe();
    }
  }

  private void wipe() {
    buffer.clear().put(ZEROS);
  }
}
