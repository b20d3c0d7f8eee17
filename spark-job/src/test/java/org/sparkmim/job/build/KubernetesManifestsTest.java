package org.sparkmim.job.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.data.batch.LoaderSettings;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.plan.SparkProperties;
import org.sparkmim.job.plan.WorkerPlan;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.MemoryPlan;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The sample manifests are what Kubernetes and the Spark operator accept, and they are secure. */
class KubernetesManifestsTest {
  private static final Path FOLDER = Path.of("..", "submit-scripts", "kubernetes");
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spark-application.yaml",
        "scheduled-spark-application.yaml",
        "pod.yaml",
        "access.yaml"
      })
  void everyFieldIsKnownAndOfItsType(String file) throws IOException {
    for (JsonNode manifest : manifests(file)) {
      assertThat(schema().validate(manifest)).as(file).isEmpty();
    }
  }

  @Test
  void aMisspeltFieldOrAWrongTypeIsFound() throws IOException {
    ObjectNode misspelt = (ObjectNode) manifests("spark-application.yaml").get(0);
    ObjectNode executor = (ObjectNode) misspelt.at("/spec/executor");
    executor.set("memoryOverHead", executor.remove("memoryOverhead"));
    assertThat(schema().validate(misspelt)).isNotEmpty();
    ObjectNode wrongType = (ObjectNode) manifests("spark-application.yaml").get(0);
    ((ObjectNode) wrongType.at("/spec/executor")).put("instances", "two");
    assertThat(schema().validate(wrongType)).isNotEmpty();
  }

  @Test
  void executorsAreAsLargeAsTheRecipePlansAndRunOneTask() throws IOException {
    for (JsonNode spec : specs()) {
      SparkProperties planned = planned("imagenette-localmim.conf");
      JsonNode executor = spec.path("executor");
      assertThat(executor.path("instances").asInt()).isEqualTo(planned.executors());
      assertThat(mib(executor.path("memory").asText())).isEqualTo(planned.heapMib());
      assertThat(mib(executor.path("memoryOverhead").asText())).isEqualTo(planned.overheadMib());
      assertThat(executor.path("javaOptions").asText())
          .contains("javacpp.maxbytes=" + planned.overheadMib() + "m");
      assertThat(spec.at("/sparkConf/spark.task.cpus").asInt())
          .isEqualTo(executor.path("cores").asInt());
    }
  }

  @Test
  void theyAreAsSecureAsTheDefaultsOfSparkSubmit() throws IOException {
    Properties defaults = new Properties();
    try (InputStream in =
        Files.newInputStream(Path.of("..", "conf", "spark-defaults-kubernetes.conf"))) {
      defaults.load(in);
    }
    for (JsonNode spec : specs()) {
      for (String key :
          List.of(
              "spark.authenticate",
              "spark.authenticate.secret.file",
              "spark.network.crypto.enabled",
              "spark.network.crypto.authEngineVersion",
              "spark.io.encryption.enabled",
              "spark.acls.enable",
              "spark.ui.enabled",
              "spark.speculation",
              "spark.dynamicAllocation.enabled")) {
        assertThat(spec.path("sparkConf").path(key).asText())
            .as(key)
            .isNotEmpty()
            .isEqualTo(defaults.getProperty(key));
      }
      for (String role : List.of("driver", "executor")) {
        JsonNode pod = spec.path(role);
        assertThat(pod.at("/podSecurityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(pod.at("/secrets/0/path").asText()).isEqualTo("/etc/sparkmim/auth");
      }
    }
  }

  @Test
  void noSecretIsWrittenIntoThem() throws IOException {
    int seen = 0;
    for (JsonNode spec : specs()) {
      for (String role : List.of("driver", "executor")) {
        for (JsonNode variable : spec.path(role).path("env")) {
          assertThat(variable.has("value")).as(variable.path("name").asText()).isFalse();
          assertThat(variable.at("/valueFrom/secretKeyRef/key").asText()).isNotEmpty();
          seen++;
        }
      }
      assertThat(spec.path("sparkConf").has("spark.authenticate.secret")).isFalse();
    }
    assertThat(seen).isPositive();
  }

  @Test
  void aPreemptedDriverHasTimeForItsCommit() throws IOException {
    double grace = Recipe.defaults().section("run").getDouble("grace-seconds");
    JsonNode pod = manifests("pod.yaml").get(0);
    assertThat(pod.at("/spec/terminationGracePeriodSeconds").asDouble()).isGreaterThan(grace);
    for (JsonNode spec : specs()) {
      assertThat(spec.at("/driver/terminationGracePeriodSeconds").asDouble()).isGreaterThan(grace);
      assertThat(spec.at("/restartPolicy/type").asText()).isEqualTo("OnFailure");
    }
  }

  private static SparkProperties planned(String name) {
    Recipe recipe =
        Recipe.load(Optional.of(Path.of("..", "conf", "recipes").resolve(name)), Map.of());
    TrainSettings train = TrainSettings.from(recipe.section("train"));
    MemoryPlan network =
        MemoryPlan.of(
            ModelSpec.from(recipe.section("model")),
            EngineSpec.from(recipe.section("engine")),
            train.batch());
    int queue = LoaderSettings.from(recipe.section("data")).queue();
    return SparkProperties.of(new WorkerPlan(network, train.workers(), train.averaging(), queue));
  }

  private static long mib(String size) {
    long number = Long.parseLong(size.substring(0, size.length() - 1));
    return size.endsWith("g") ? number * 1024 : number;
  }

  private static List<JsonNode> specs() throws IOException {
    return List.of(
        manifests("spark-application.yaml").get(0).path("spec"),
        manifests("scheduled-spark-application.yaml").get(0).at("/spec/template"));
  }

  private static JsonSchema schema() throws IOException {
    try (InputStream in =
        KubernetesManifestsTest.class.getResourceAsStream("/kubernetes/manifests.schema.json")) {
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
          .getSchema(JSON.readTree(in));
    }
  }

  private static List<JsonNode> manifests(String file) throws IOException {
    List<JsonNode> manifests = new ArrayList<>();
    String text = Files.readString(FOLDER.resolve(file));
    for (Object document : new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(text)) {
      manifests.add(JSON.valueToTree(document));
    }
    return manifests;
  }
}
