namespace Fulcrum.Tasks.Grading;

/// <summary>Porter's stemmer (Porter 1980, "An algorithm for suffix stripping", Program 14:130) with the extensions of
/// the Natural Language Toolkit: fixed forms, short words with <c>y</c> and <c>ie</c>, the suffixes <c>alli</c>,
/// <c>bli</c>, <c>fulli</c>, <c>logi</c>.</summary>
internal static class PorterStemmer
{
    private static readonly Dictionary<string, string> Fixed = new(StringComparer.Ordinal)
    {
        ["sky"] = "sky",
        ["skies"] = "sky",
        ["dying"] = "die",
        ["lying"] = "lie",
        ["tying"] = "tie",
        ["news"] = "news",
        ["inning"] = "inning",
        ["innings"] = "inning",
        ["outing"] = "outing",
        ["outings"] = "outing",
        ["canning"] = "canning",
        ["cannings"] = "canning",
        ["howe"] = "howe",
        ["proceed"] = "proceed",
        ["exceed"] = "exceed",
        ["succeed"] = "succeed",
    };

    private static readonly (string Suffix, string By)[] Second =
    [
        ("ational", "ate"),
        ("tional", "tion"),
        ("enci", "ence"),
        ("anci", "ance"),
        ("izer", "ize"),
        ("bli", "ble"),
        ("alli", "al"),
        ("entli", "ent"),
        ("eli", "e"),
        ("ousli", "ous"),
        ("ization", "ize"),
        ("ation", "ate"),
        ("ator", "ate"),
        ("alism", "al"),
        ("iveness", "ive"),
        ("fulness", "ful"),
        ("ousness", "ous"),
        ("aliti", "al"),
        ("iviti", "ive"),
        ("biliti", "ble"),
        ("fulli", "ful"),
    ];

    private static readonly (string Suffix, string By)[] Third =
    [
        ("icate", "ic"),
        ("ative", ""),
        ("alize", "al"),
        ("iciti", "ic"),
        ("ical", "ic"),
        ("ful", ""),
        ("ness", ""),
    ];

    private static readonly string[] Fourth =
    [
        "al",
        "ance",
        "ence",
        "er",
        "ic",
        "able",
        "ible",
        "ant",
        "ement",
        "ment",
        "ent",
        "ion",
        "ou",
        "ism",
        "ate",
        "iti",
        "ous",
        "ive",
        "ize",
    ];

    /// <summary>Returns the stem of a word in lower case.</summary>
    public static string Stem(string word)
    {
        if (Fixed.TryGetValue(word, out string? known))
        {
            return known;
        }

        return word.Length <= 2 ? word : Ends(Strip(DoubleSuffix(Y(PastForms(Plural(word))))));
    }

    // Step 1a: caresses, ponies, cats.
    private static string Plural(string word) =>
        word.EndsWith("ies", StringComparison.Ordinal) && word.Length == 4 ? word[..^3] + "ie"
        : word.EndsWith("sses", StringComparison.Ordinal) ? word[..^2]
        : word.EndsWith("ies", StringComparison.Ordinal) ? word[..^2]
        : word.EndsWith("ss", StringComparison.Ordinal) ? word
        : word.EndsWith('s') ? word[..^1]
        : word;

    // Step 1b: agreed, plastered, motoring.
    private static string PastForms(string word)
    {
        if (word.EndsWith("ied", StringComparison.Ordinal))
        {
            return word[..^3] + (word.Length == 4 ? "ie" : "i");
        }

        if (word.EndsWith("eed", StringComparison.Ordinal))
        {
            return Measure(word[..^3]) > 0 ? word[..^1] : word;
        }

        foreach (string suffix in (ReadOnlySpan<string>)["ed", "ing"])
        {
            if (word.EndsWith(suffix, StringComparison.Ordinal) && HasVowel(word[..^suffix.Length]))
            {
                return Restored(word[..^suffix.Length]);
            }
        }

        return word;
    }

    private static string Restored(string stem) =>
        stem.EndsWith("at", StringComparison.Ordinal)
        || stem.EndsWith("bl", StringComparison.Ordinal)
        || stem.EndsWith("iz", StringComparison.Ordinal)
            ? stem + "e"
        : EndsDouble(stem) ? (stem[^1] is 'l' or 's' or 'z' ? stem : stem[..^1])
        : Measure(stem) == 1 && EndsShort(stem) ? stem + "e"
        : stem;

    // Step 1c, the extended rule: y after a consonant that is not the first letter.
    private static string Y(string word) =>
        word.EndsWith('y') && word.Length > 2 && IsConsonant(word, word.Length - 2) ? word[..^1] + "i" : word;

    // Steps 2 and 3.
    private static string DoubleSuffix(string word) => Replaced(Longer(word), Third);

    private static string Longer(string word)
    {
        if (word.EndsWith("alli", StringComparison.Ordinal) && Measure(word[..^4]) > 0)
        {
            return Longer(word[..^4] + "al");
        }

        return word.EndsWith("logi", StringComparison.Ordinal)
            ? (Measure(word[..^3]) > 0 ? word[..^1] : word)
            : Replaced(word, Second);
    }

    private static string Replaced(string word, (string Suffix, string By)[] rules)
    {
        foreach ((string suffix, string by) in rules)
        {
            if (word.EndsWith(suffix, StringComparison.Ordinal))
            {
                string stem = word[..^suffix.Length];
                return Measure(stem) > 0 ? stem + by : word;
            }
        }

        return word;
    }

    // Step 4.
    private static string Strip(string word)
    {
        foreach (string suffix in Fourth)
        {
            if (word.EndsWith(suffix, StringComparison.Ordinal))
            {
                string stem = word[..^suffix.Length];
                bool fits = Measure(stem) > 1 && (suffix != "ion" || stem[^1] is 's' or 't');
                return fits ? stem : word;
            }
        }

        return word;
    }

    // Steps 5a and 5b.
    private static string Ends(string word)
    {
        if (word.EndsWith('e'))
        {
            string stem = word[..^1];
            int measure = Measure(stem);
            word = measure > 1 || (measure == 1 && !EndsShort(stem)) ? stem : word;
        }

        return word.EndsWith("ll", StringComparison.Ordinal) && Measure(word[..^1]) > 1 ? word[..^1] : word;
    }

    private static bool IsConsonant(string word, int at) =>
        word[at] switch
        {
            'a' or 'e' or 'i' or 'o' or 'u' => false,
            'y' => at == 0 || !IsConsonant(word, at - 1),
            _ => true,
        };

    /// <summary>The number of runs of vowels that a run of consonants follows.</summary>
    private static int Measure(string stem)
    {
        int measure = 0;
        bool vowel = false;
        for (int i = 0; i < stem.Length; i++)
        {
            bool consonant = stem[i] switch
            {
                'a' or 'e' or 'i' or 'o' or 'u' => false,
                'y' => i == 0 || vowel,
                _ => true,
            };
            measure += consonant && vowel && i > 0 ? 1 : 0;
            vowel = !consonant;
        }

        return measure;
    }

    private static bool HasVowel(string stem) => Enumerable.Range(0, stem.Length).Any(i => !IsConsonant(stem, i));

    private static bool EndsDouble(string word) =>
        word.Length >= 2 && word[^1] == word[^2] && IsConsonant(word, word.Length - 1);

    // Consonant, vowel, consonant other than w, x, y; of two letters a vowel and a consonant.
    private static bool EndsShort(string word)
    {
        int n = word.Length;
        return n >= 3
            ? IsConsonant(word, n - 3)
                && !IsConsonant(word, n - 2)
                && IsConsonant(word, n - 1)
                && word[^1] is not ('w' or 'x' or 'y')
            : n == 2 && !IsConsonant(word, 0) && IsConsonant(word, 1);
    }
}
