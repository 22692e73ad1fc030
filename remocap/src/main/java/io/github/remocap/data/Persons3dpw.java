package io.github.remocap.data;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How many persons are annotated in the sequences of 3DPW's training and test sets. */
final class Persons3dpw {
    private static final String ONE = """
        courtyard_jacket_00 outdoors_slalom_00 outdoors_freestyle_00 outdoors_climbing_02 outdoors_slalom_01 courtyard_box_00 courtyard_laceShoe_00
        outdoors_climbing_01 courtyard_bodyScannerMotions_00 courtyard_backpack_00 outdoors_climbing_00 courtyard_relaxOnBench_00 courtyard_golf_00
        courtyard_relaxOnBench_01 downtown_walkBridge_01 downtown_weeklyMarket_00 downtown_walkUphill_00 downtown_stairs_00 downtown_upstairs_00
        downtown_windowShopping_00 flat_guitar_01 outdoors_fencing_01 flat_packBags_00 downtown_enterShop_00 downtown_downstairs_00""";
    private static final String TWO = """
        courtyard_goodNews_00 courtyard_giveDirections_00 courtyard_arguing_00 courtyard_rangeOfMotions_00 courtyard_captureSelfies_00
        courtyard_basketball_00 courtyard_dancing_01 courtyard_capoeira_00 courtyard_shakeHands_00 courtyard_warmWelcome_00 downtown_rampAndStairs_00
        downtown_runForBus_01 downtown_bus_00 downtown_warmWelcome_00 downtown_runForBus_00 downtown_walking_00 downtown_car_00 downtown_bar_00
        downtown_arguing_00 office_phoneCall_00 downtown_crossStreets_00 downtown_sitOnStairs_00 downtown_cafe_00""";
    private static final Map<String, Integer> PERSONS = new TreeMap<>();

    static {
        for (String name : ONE.split("\\s+", -1)) {
            PERSONS.put(name, 1);
        }
        for (String name : TWO.split("\\s+", -1)) {
            PERSONS.put(name, 2);
        }
    }

    private Persons3dpw() {
    }

    /** The number of persons; null for other sequences. */
    static @Nullable Integer in(String sequence) {
        return PERSONS.get(sequence);
    }
}
