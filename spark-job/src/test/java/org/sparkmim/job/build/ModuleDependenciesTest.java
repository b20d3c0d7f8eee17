package org.sparkmim.job.build;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.ObjectInputStream;

/** Dependencies between the modules go one way, and stored bytes never become code. */
@AnalyzeClasses(packages = "org.sparkmim", importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleDependenciesTest {
  private static final String DATA = "org.sparkmim.data..";
  private static final String MODEL = "org.sparkmim.model..";
  private static final String JOB = "org.sparkmim.job..";

  @ArchTest
  static final ArchRule modelKnowsNeitherSparkNorHadoop =
      noClasses()
          .that()
          .resideInAPackage(MODEL)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.apache.spark..", "org.apache.hadoop..", "scala..", "org.deeplearning4j.spark..");

  @ArchTest
  static final ArchRule modelKnowsNeitherDataNorJob =
      noClasses()
          .that()
          .resideInAPackage(MODEL)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(DATA, JOB);

  @ArchTest
  static final ArchRule dataKnowsNeitherModelNorJob =
      noClasses()
          .that()
          .resideInAPackage(DATA)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(MODEL, JOB);

  @ArchTest
  static final ArchRule dataKnowsNoDeepLearningLibrary =
      noClasses()
          .that()
          .resideInAPackage(DATA)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.nd4j..", "org.deeplearning4j..", "org.datavec..");

  @ArchTest
  static final ArchRule nothingDeserialisesJavaObjects =
      noClasses()
          .should()
          .dependOnClassesThat()
          .areAssignableTo(ObjectInputStream.class)
          .because("stored bytes are read by formats that check them");
}
