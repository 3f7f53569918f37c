using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fulcrum.Tokenization;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>Detects the language of a text: naive Bayes over runs of one to three letters, by the profiles of the
/// Python package langdetect (after Nakatani Shuyo's language-detection).</summary>
/// <remarks>
/// The package draws runs of letters at random until one language stands out. This detector multiplies over all of
/// them, which gives the language that the draws give on average, and always the same.
/// </remarks>
internal static partial class LanguageDetector
{
    private const int LongestText = 10_000,
        LongestRun = 3;

    // The package's smoothing: 0.5 over 10,000 is added to every probability.
    private const double Smoothing = 0.5 / 10_000;

    private static readonly Lazy<(
        string[] Names,
        Dictionary<string, (int Language, double Logarithm)[]> Runs
    )> Profiles = new(Load);

    /// <summary>Returns the code of the language; null where the text has no letters that the profiles know.</summary>
    public static string? Detect(string text)
    {
        (string[] names, Dictionary<string, (int Language, double Logarithm)[]> runs) = Profiles.Value;
        double[] likelihood = new double[names.Length];
        bool any = false;
        foreach (string run in Runs(WithoutForeignLatin(Cleaned(text))))
        {
            if (runs.TryGetValue(run, out (int Language, double Logarithm)[]? known))
            {
                any = true;
                foreach ((int language, double logarithm) in known)
                {
                    likelihood[language] += logarithm;
                }
            }
        }

        return any ? names[Array.IndexOf(likelihood, likelihood.Max())] : null;
    }

    // Logarithms relative to a language that never shows the run, so that only languages that do need an entry.
    private static (string[] Names, Dictionary<string, (int Language, double Logarithm)[]> Runs) Load()
    {
        List<string> names = [];
        Dictionary<string, List<(int, double)>> runs = new(StringComparer.Ordinal);
        foreach (string line in GradingData.Lines("language-profiles.jsonl.gz"))
        {
            using JsonDocument profile = JsonDocument.Parse(line);
            double[] totals =
            [
                .. profile.RootElement.GetProperty("n_words").EnumerateArray().Select(n => n.GetDouble()),
            ];
            foreach (JsonProperty run in profile.RootElement.GetProperty("freq").EnumerateObject())
            {
                double probability = run.Value.GetDouble() / totals[run.Name.Length - 1];
                if (!runs.TryGetValue(run.Name, out List<(int, double)>? list))
                {
                    runs.Add(run.Name, list = []);
                }

                list.Add((names.Count, Math.Log((Smoothing + probability) / Smoothing)));
            }

            names.Add(profile.RootElement.GetProperty("name").GetString()!);
        }

        return ([.. names], runs.ToDictionary(r => r.Key, r => r.Value.ToArray(), StringComparer.Ordinal));
    }

    private static string Cleaned(string text)
    {
        string letters = NormalForm.Of(Mail().Replace(Address().Replace(text, " "), " "), NormalizationForm.FormC);
        StringBuilder cleaned = new();
        foreach (char c in letters.AsSpan(0, Math.Min(letters.Length, LongestText)))
        {
            if (c != ' ' || cleaned.Length == 0 || cleaned[^1] != ' ')
            {
                cleaned.Append(c);
            }
        }

        return cleaned.ToString();
    }

    private static string WithoutForeignLatin(string text)
    {
        int latin = text.Count(IsLatin),
            other = text.Count(c => c >= '\u0300' && c is < '\u1e00' or > '\u1eff' && c >= '\u0300');
        return latin * 2 < other ? string.Concat(text.Where(c => !IsLatin(c))) : text;
    }

    private static bool IsLatin(char c) => c is >= 'A' and <= 'z';

    // Runs after two capitals in a row are skipped up to the next small letter or space.
    private static IEnumerable<string> Runs(string text)
    {
        string run = " ";
        bool capitals = false;
        foreach (char written in text)
        {
            char c = Unified(written),
                last = run[^1];
            if (last == ' ')
            {
                (run, capitals) = (" ", false);
                if (c == ' ')
                {
                    continue;
                }
            }

            run = (run.Length >= LongestRun ? run[1..] : run) + c;
            capitals = char.IsUpper(c) && (capitals || char.IsUpper(last));
            for (int n = 1; n <= run.Length && !capitals; n++)
            {
                if (run[^n..] is not " " and string part)
                {
                    yield return part;
                }
            }
        }
    }

    // Letters that the profiles do not distinguish become the same letter. Other characters become a space.
    private static char Unified(char c) =>
        c switch
        {
            < '\u0080' => char.IsAsciiLetter(c) ? c : ' ',
            '\u00a0' or '\u00ab' or '\u00b0' or '\u00bb' => ' ',
            '\u0219' => '\u015f',
            '\u021b' => '\u0163',
            >= '\u2000' and <= '\u206f' => ' ',
            '\u06cc' => '\u064a',
            >= '\u1ea0' and <= '\u1eff' => '\u1ec3',
            >= '\u3040' and <= '\u309f' => '\u3042',
            >= '\u30a0' and <= '\u30ff' => '\u30a2',
            (>= '\u3100' and <= '\u312f') or (>= '\u31a0' and <= '\u31bf') => '\u3105',
            >= '\uac00' and <= '\ud7af' => '\uac00',
            _ => c,
        };

    [GeneratedRegex("https?://[-_.?&~;+=/#0-9A-Za-z]{1,2076}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Address();

    [GeneratedRegex(
        "[-_.0-9A-Za-z]{1,64}@[-_0-9A-Za-z]{1,255}[-_.0-9A-Za-z]{1,255}",
        RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Mail();
}
