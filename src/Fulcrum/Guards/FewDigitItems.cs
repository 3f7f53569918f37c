using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>Items of a few digits without letters, such as <c>7 + 5 =</c>. There are so few possible ones that training
/// data contain some of them by chance.</summary>
/// <remarks>
/// The shape of an item is its words with every digit as #. A shape has N items: 10 for a number of one digit,
/// 9 * 10^(k-1) for one of k digits, multiplied over its numbers. If the training data hold T different examples of the
/// shape, one equals the item with probability T / N. Chance explains the items that are found with their
/// answers unless a one-sided binomial test at the mean of these probabilities has p &lt; 10^-6.
/// </remarks>
internal static class FewDigitItems
{
    private const int TooManyDigits = 6;
    private const double Improbable = 1e-6;

    /// <summary>Returns the items of a few digits if chance explains their equals in the training data; otherwise
    /// none.</summary>
    public static HashSet<Item> Explained(IEnumerable<Item> items, IReadOnlyList<TrainingText> training)
    {
        Item[] few = [.. items.Where(i => IsOfFewDigits(i.Input))];
        if (few.Length == 0)
        {
            return [];
        }

        ILookup<string, string> completions = training
            .SelectMany(t => TrainingOverlap.Forms(t).Select(f => (Form: f, t.Completion)))
            .ToLookup(f => f.Form, f => $" {TrainingOverlap.Words(f.Completion)} ");
        Dictionary<string, int> shapes = completions.CountBy(c => Shape(c.Key)).ToDictionary();
        (string Question, string Answer)[] asked =
        [
            .. few.Select(i => (TrainingOverlap.Words(i.Input), TrainingOverlap.Words(i.Target))).Distinct(),
        ];
        int found = asked.Count(a => completions[a.Question].Any(c => c.Contains($" {a.Answer} ")));
        double chance = asked.Average(a =>
            Math.Min(1, shapes.GetValueOrDefault(Shape(a.Question)) / Possible(a.Question))
        );
        return Proportion.AtLeastByChance(found, asked.Length, chance) < Improbable ? [] : [.. few];
    }

    private static bool IsOfFewDigits(string input) =>
        !input.Any(char.IsLetter) && input.Count(char.IsDigit) is > 0 and < TooManyDigits;

    private static double Possible(string words) =>
        words
            .Split(' ')
            .Aggregate(1.0, (n, number) => n * (number.Length == 1 ? 10 : 9 * Math.Pow(10, number.Length - 1)));

    private static string Shape(string words) => string.Concat(words.Select(c => char.IsDigit(c) ? '#' : c));
}
