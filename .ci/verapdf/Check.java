import java.io.File;
import java.io.FileInputStream;
import java.util.HashSet;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Checks PDF files by veraPDF's rules: Check 3a,ua1 FILE... prints "FILE FLAVOUR passed" or each
 * rule that a file breaks, and ends with 1 when one did.
 */
public class Check {
    public static void main(String[] args) throws Exception {
        Logger.getLogger("").setLevel(Level.SEVERE);
        VeraGreenfieldFoundryProvider.initialise();
        boolean broken = false;
        for (int i = 1; i < args.length; i++) {
            for (String name : args[0].split(",")) {
                PDFAFlavour flavour = PDFAFlavour.byFlavourId(name);
                try (FileInputStream in = new FileInputStream(new File(args[i]));
                        PDFAParser parser = Foundries.defaultInstance().createParser(in, flavour)) {
                    ValidationResult result = Foundries.defaultInstance().createValidator(flavour, false).validate(parser);
                    if (result.isCompliant()) {
                        System.out.println(args[i] + " " + name + " passed");
                        continue;
                    }
                    broken = true;
                    Set<String> told = new HashSet<>();
                    for (TestAssertion a : result.getTestAssertions()) {
                        String rule = a.getRuleId().getClause() + "-" + a.getRuleId().getTestNumber();
                        if (told.add(rule)) {
                            System.out.println(args[i] + " " + name + " " + rule + ": " + a.getMessage() + " First at " + a.getLocation().getContext());
                        }
                    }
                }
            }
        }
        System.exit(broken ? 1 : 0);
    }
}
