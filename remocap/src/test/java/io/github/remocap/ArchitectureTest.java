package io.github.remocap;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Dependencies run one way: tensor, autograd, layers, remocap; tensor, io, remocap. */
class ArchitectureTest {
    private static final String ROOT = "io.github.remocap.";
    private static final JavaClasses CLASSES = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
        .importPackages("io.github.remocap");

    private static String[] packages(String... names) {
        return java.util.Arrays.stream(names).map(n -> ROOT + n + "..").toArray(String[]::new);
    }

    @Test
    void everyModuleIsLookedAt() {
        for (String name : new String[] {"tensor.Graph", "layers.Module", "io.StoredTensor", "model.RemoCap", "cli.Main"}) {
            Assertions.assertTrue(CLASSES.contain(ROOT + name), name);
        }
    }

    @Test
    void tensorDependsOnTheJdkAlone() {
        classes().that().resideInAPackage(ROOT + "tensor..").should().onlyDependOnClassesThat()
            .resideInAnyPackage(ROOT + "tensor..", "java..", "jdk..", "com.sun.management..", "org.jspecify..").check(CLASSES);
    }

    @Test
    void ioKnowsTensorsOnly() {
        noClasses().that().resideInAPackage(ROOT + "io..").should().dependOnClassesThat()
            .resideInAnyPackage(packages("autograd", "layers", "model", "cli", "run", "render", "image", "assets", "parity")).check(CLASSES);
    }

    @Test
    void autogradKnowsTensorsOnly() {
        noClasses().that().resideInAPackage(ROOT + "autograd..").should().dependOnClassesThat()
            .resideInAnyPackage(packages("layers", "io", "model", "cli", "run", "render", "image", "assets", "parity")).check(CLASSES);
    }

    @Test
    void layersKnowTensorsAndGradientsOnly() {
        noClasses().that().resideInAPackage(ROOT + "layers..").should().dependOnClassesThat()
            .resideInAnyPackage(packages("io", "model", "cli", "run", "render", "image", "assets", "parity")).check(CLASSES);
    }

    @Test
    void nobodyKnowsTheCommandLine() {
        noClasses().that().resideOutsideOfPackage(ROOT + "cli..").should().dependOnClassesThat().resideInAPackage(ROOT + "cli..").check(CLASSES);
    }

    @Test
    void picturesKnowNothingOfNetworks() {
        noClasses().that().resideInAnyPackage(packages("image", "render", "run")).should().dependOnClassesThat()
            .resideInAnyPackage(packages("tensor", "layers", "io", "model", "parity")).check(CLASSES);
    }

    @Test
    void reportsKnowNothingOfNetworks() {
        noClasses().that().resideInAPackage(ROOT + "report..").should().dependOnClassesThat()
            .resideInAnyPackage(packages("autograd", "layers", "model", "train", "parity", "demo")).check(CLASSES);
    }

    @Test
    void generatedPicturesKnowNothingOfNetworks() {
        noClasses().that().resideInAnyPackage(packages("figure", "synthetic")).should().dependOnClassesThat()
            .resideInAnyPackage(packages("layers", "autograd", "model", "train", "evaluate", "run")).check(CLASSES);
    }

    @Test
    void dataAndEvaluationKnowNothingOfNetworks() {
        noClasses().that().resideInAnyPackage(packages("data", "evaluate")).should().dependOnClassesThat()
            .resideInAnyPackage(packages("autograd", "layers", "model", "train", "parity")).check(CLASSES);
    }

    @Test
    void noPackagesGoInCircles() {
        SlicesRuleDefinition.slices().matching(ROOT + "(*)..").should().beFreeOfCycles().check(CLASSES);
    }
}
