import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.ServerApi;
import com.mongodb.ServerApiVersion;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import java.util.concurrent.TimeUnit;
import org.bson.Document;

/** A client whose connection string has stand-ins, and whose connections are closed when idle. */
public final class Mongo {
  private static MongoClient client;

  public static void main(String[] arguments) throws Exception {
    client =
        MongoClients.create(
            MongoClientSettings.builder()
                .applyConnectionString(
                    new ConnectionString(
                        "mongodb://keyturn%3Amongo%2Fusername:keyturn%3Amongo%2Fpassword@127.0.0.1:"
                            + arguments[0]
                            + "/admin"
                            + arguments[1]))
                .serverApi(ServerApi.builder().version(ServerApiVersion.V1).build())
                .applyToConnectionPoolSettings(
                    pool -> pool.maxConnectionIdleTime(1, TimeUnit.MILLISECONDS))
                .build());
    App.serve(command -> connect());
  }

  private static String connect() throws InterruptedException {
    Thread.sleep(20);
    return client.getDatabase("admin").runCommand(new Document("whoami", 1)).getString("user");
  }
}
