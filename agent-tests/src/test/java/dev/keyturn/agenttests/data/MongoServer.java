package dev.keyturn.agenttests.data;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBinaryReader;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;

/**
 * As much of MongoDB's wire protocol as a login takes: OP_MSG, {@code hello}, PLAIN and
 * SCRAM-SHA-256 (RFC 5802) with users that may change, and {@code whoami}, which no real server
 * has. None is to be had from a package registry.
 */
final class MongoServer implements AutoCloseable {
  private static final int OP_MSG = 2013;
  private static final byte[] SALT = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final int ITERATIONS = 4096;

  /** Who may log in, with what. */
  final Map<String, String> users = new ConcurrentHashMap<>();

  private final ServerSocket server;

  MongoServer() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      Client client = new Client();
      while (true) {
        byte[] head = in.readNBytes(16);
        if (head.length < 16) {
          throw new EOFException();
        }
        ByteBuffer header = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        byte[] body = in.readNBytes(header.getInt(0) - 16);
        if (header.getInt(12) != OP_MSG) {
          throw new IOException("operation " + header.getInt(12));
        }
        // Flags, then a section of kind 0: one document.
        BsonDocument command =
            new BsonDocumentCodec()
                .decode(
                    new BsonBinaryReader(ByteBuffer.wrap(body, 5, body.length - 5).slice()),
                    DecoderContext.builder().build());
        BsonDocument reply;
        try {
          reply = client.answer(command);
        } catch (GeneralSecurityException e) {
          reply = BsonDocument.parse("{ok: 0, code: 18, errmsg: 'Authentication failed.'}");
        }
        answer(socket.getOutputStream(), header.getInt(4), reply);
      }
    } catch (IOException e) {
      // The client has gone.
    }
  }

  private static void answer(OutputStream out, int to, BsonDocument reply) throws IOException {
    BasicOutputBuffer document = new BasicOutputBuffer();
    new BsonDocumentCodec()
        .encode(new BsonBinaryWriter(document), reply, EncoderContext.builder().build());
    byte[] bytes = document.toByteArray();
    ByteBuffer message = ByteBuffer.allocate(21 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
    message.putInt(21 + bytes.length).putInt(0).putInt(to).putInt(OP_MSG).putInt(0).put((byte) 0);
    out.write(message.put(bytes).array());
  }

  /** One connection. */
  private final class Client {
    private String user = "nobody";
    private String bare = "";
    private String nonce = "";

    BsonDocument answer(BsonDocument command) throws GeneralSecurityException {
      return switch (command.getFirstKey()) {
        case "hello", "isMaster", "ismaster" -> hello(command);
        case "saslStart" ->
            command.getString("mechanism").getValue().equals("PLAIN")
                ? sasl(plain(payload(command)), true)
                : sasl(first(payload(command)), false);
        case "saslContinue" -> sasl(last(payload(command)), true);
        case "whoami" -> BsonDocument.parse("{ok: 1, user: '" + user + "'}");
        default -> BsonDocument.parse("{ok: 1}");
      };
    }

    private BsonDocument hello(BsonDocument command) {
      BsonDocument reply =
          BsonDocument.parse(
              "{ok: 1, isWritablePrimary: true, minWireVersion: 0, maxWireVersion: 21,"
                  + " maxBsonObjectSize: 16777216, maxMessageSizeBytes: 48000000,"
                  + " maxWriteBatchSize: 1000}");
      // Asked by who has not been told a mechanism, for DATABASE.USER.
      String user = command.getString("saslSupportedMechs", new BsonString(".")).getValue();
      if (users.containsKey(user.substring(user.indexOf('.') + 1))) {
        reply.append("saslSupportedMechs", new BsonArray(List.of(new BsonString("SCRAM-SHA-256"))));
      }
      return reply;
    }

    private static String payload(BsonDocument command) {
      return new String(command.getBinary("payload").getData(), StandardCharsets.UTF_8);
    }

    private static BsonDocument sasl(String payload, boolean done) {
      return BsonDocument.parse("{ok: 1, conversationId: 1, done: " + done + "}")
          .append("payload", new BsonBinary(payload.getBytes(StandardCharsets.UTF_8)));
    }

    private String plain(String payload) throws GeneralSecurityException {
      String[] parts = payload.split("\0", -1);
      if (!parts[2].equals(users.get(parts[1]))) {
        throw new GeneralSecurityException();
      }
      user = parts[1];
      return "";
    }

    private String first(String payload) {
      bare = payload.substring("n,,".length());
      user = bare.substring("n=".length(), bare.indexOf(",r="));
      nonce = bare.substring(bare.indexOf(",r=") + 3) + UUID.randomUUID();
      return serverFirst();
    }

    private String serverFirst() {
      return "r=" + nonce + ",s=" + Base64.getEncoder().encodeToString(SALT) + ",i=" + ITERATIONS;
    }

    private String last(String payload) throws GeneralSecurityException {
      String withoutProof = payload.substring(0, payload.indexOf(",p="));
      byte[] proof = Base64.getDecoder().decode(payload.substring(payload.indexOf(",p=") + 3));
      String password = users.getOrDefault(user, "");
      byte[] salted =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
              .generateSecret(new PBEKeySpec(password.toCharArray(), SALT, ITERATIONS, 256))
              .getEncoded();
      byte[] clientKey = hmac(salted, "Client Key");
      String message = bare + "," + serverFirst() + "," + withoutProof;
      byte[] signature = hmac(MessageDigest.getInstance("SHA-256").digest(clientKey), message);
      for (int i = 0; i < signature.length; i++) {
        signature[i] ^= clientKey[i];
      }
      if (!MessageDigest.isEqual(signature, proof)) {
        throw new GeneralSecurityException();
      }
      return "v=" + Base64.getEncoder().encodeToString(hmac(hmac(salted, "Server Key"), message));
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
