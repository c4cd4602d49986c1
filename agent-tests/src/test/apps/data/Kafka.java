import java.time.Duration;
import java.util.BitSet;
import java.util.Collections;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.IntegerSerializer;

/** Sends numbers all the time, receives them, and says at each step what was lost so far. */
public final class Kafka {
  private static final AtomicInteger SENT = new AtomicInteger();
  private static final AtomicInteger ERRORS = new AtomicInteger();
  private static final BitSet RECEIVED = new BitSet();

  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", "127.0.0.1:" + arguments[0]);
    properties.setProperty("security.protocol", "SASL_PLAINTEXT");
    properties.setProperty("sasl.mechanism", arguments[1]);
    properties.setProperty(
        "sasl.jaas.config",
        "org.apache.kafka.common.security."
            + (arguments[1].equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule")
            + " required username=\"keyturn:kafka/username\" password=\"keyturn:kafka/password\";");
    properties.setProperty("key.serializer", IntegerSerializer.class.getName());
    properties.setProperty("value.serializer", IntegerSerializer.class.getName());
    properties.setProperty("key.deserializer", IntegerDeserializer.class.getName());
    properties.setProperty("value.deserializer", IntegerDeserializer.class.getName());
    // Others may have been killed in their group, which then waits for them.
    String topic = UUID.randomUUID().toString();
    properties.setProperty("group.id", topic);
    properties.setProperty("auto.offset.reset", "earliest");
    daemon(() -> produce(properties, topic));
    daemon(() -> consume(properties, topic));
    App.serve(command -> connect());
  }

  private static void daemon(Runnable runnable) {
    Thread thread = new Thread(runnable);
    thread.setDaemon(true);
    thread.start();
  }

  private static void produce(Properties properties, String topic) {
    KafkaProducer<Integer, Integer> producer = new KafkaProducer<>(properties);
    while (true) {
      int number = SENT.getAndIncrement();
      producer.send(
          new ProducerRecord<>(topic, number, number),
          (metadata, failure) -> {
            if (failure != null) {
              failed(failure);
            }
          });
      pause(5);
    }
  }

  private static void consume(Properties properties, String topic) {
    KafkaConsumer<Integer, Integer> consumer = new KafkaConsumer<>(properties);
    consumer.subscribe(Collections.singletonList(topic));
    while (true) {
      try {
        for (ConsumerRecord<Integer, Integer> one : consumer.poll(Duration.ofMillis(100))) {
          synchronized (RECEIVED) {
            RECEIVED.set(one.value());
          }
        }
      } catch (RuntimeException e) {
        failed(e);
        pause(100);
      }
    }
  }

  private static void failed(Exception failure) {
    ERRORS.incrementAndGet();
    System.err.println(failure);
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Some messages more, and then waits for all that were sent until then. */
  private static String connect() {
    int before = SENT.get();
    while (SENT.get() < before + 300) {
      pause(10);
    }
    int sent = SENT.get();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    int received = 0;
    while (received < sent && System.nanoTime() < end) {
      pause(50);
      synchronized (RECEIVED) {
        received = RECEIVED.get(0, sent).cardinality();
      }
    }
    System.err.println(received + " of " + sent + " messages");
    return "lost " + (sent - received) + ", errors " + ERRORS;
  }
}
