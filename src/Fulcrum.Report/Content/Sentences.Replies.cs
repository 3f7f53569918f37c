using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Content;

/// <content>What is to be known about the answers behind a difference.</content>
internal static partial class Sentences
{
    /// <summary>How many items each side could not score, and what the difference would be at worst and at best; null
    /// where hardly any is.</summary>
    public static string? Unscored(PairedResult b, Words words) =>
        b.Bounds is not { } bounds
            ? OnBothSides(b, words)
            : words.Say(
                $"{b.Task}: {b.UnscoredBefore} items are unscored before and {b.UnscoredAfter} after. "
                    + "If all of them counted against the second side, the difference would "
                    + $"be {words.Change(bounds.Lowest)}. If all counted for it: {words.Change(bounds.Highest)}.",
                $"{b.Task}: {b.UnscoredBefore} itens sem nota antes e {b.UnscoredAfter} depois. "
                    + "Se todos contassem contra o segundo lado, a diferença "
                    + $"seria {words.Change(bounds.Lowest)}. Se todos contassem a favor: "
                    + $"{words.Change(bounds.Highest)}."
            );

    /// <summary>The measure of the whole corpus of a task with scores; null: none was asked for.</summary>
    public static string? Corpus(PairedResult b, Words words) =>
        b is { HasScores: true, Corpus: { Measure: CorpusMeasure.MacroF1 } c }
            ? words.Say(
                $"{b.Task}: macro-F1 {words.Percent(c.Before)} before, {words.Percent(c.After)} after: ",
                $"{b.Task}: macro-F1 {words.Percent(c.Before)} antes, {words.Percent(c.After)} depois: "
            ) + $"{words.Change(new Difference(c.Points, c.Low, c.High, c.StandardError))}."
            : null;

    private static string? OnBothSides(PairedResult b, Words words)
    {
        int all = b.Items + b.Unscored;
        return b.Unscored <= LeastUnscoredShare * all
            ? null
            : words.Say(
                $"{b.Task}: {words.Count(b.Unscored)} of {words.Count(all)} items could not be scored, so the figures "
                    + $"rest on the other {words.Count(b.Items)}.",
                $"{b.Task}: {words.Count(b.Unscored)} de {words.Count(all)} itens não puderam receber nota, então os "
                    + $"números se baseiam nos outros {words.Count(b.Items)}."
            );
    }

    private const double LeastUnscoredShare = 0.01;

    /// <summary>What may be wrong with the written replies, and whether neither side solved anything; a sentence
    /// each.</summary>
    public static IEnumerable<string> Replies(PairedResult b, Words words)
    {
        string Share(Func<ReplyCounts, int> part, ReplyCounts side) =>
            $"{words.Count(part(side))} {words.Say("of", "de")} {words.Count(side.Replies)}";
        if (b.Replies is { } cut && (cut.Before.ManyAtLimit || cut.After.ManyAtLimit))
        {
            string before = Share(r => r.AtLimit, cut.Before),
                after = Share(r => r.AtLimit, cut.After);
            yield return words.Say(
                $"{b.Task}: {before} replies before and {after} after ended at the token limit, so they may be "
                    + "incomplete. A larger limit of a reply (maxNewTokens of the task) lets them end.",
                $"{b.Task}: {before} respostas antes e {after} depois terminaram no limite de tokens e podem estar "
                    + "incompletas. Um limite maior (maxNewTokens da tarefa) deixa que terminem."
            );
        }

        if (b.Replies is { } unread && (unread.Before.ManyUnparsable || unread.After.ManyUnparsable))
        {
            string before = Share(r => r.Unparsable, unread.Before),
                after = Share(r => r.Unparsable, unread.After);
            yield return words.Say(
                $"{b.Task}: no answer could be read from {before} replies before and {after} after.",
                $"{b.Task}: nenhuma resposta pôde ser lida de {before} respostas antes e {after} depois."
            );
        }

        if (b.NothingSolved)
        {
            yield return words.Say(
                $"{b.Task}: neither side solved any of {Facts.Items(b, words)}, so the difference says nothing. "
                    + "Look at the replies.",
                $"{b.Task}: nenhum dos lados resolveu algo de {Facts.Items(b, words)}, então a diferença não diz nada. "
                    + "Examine as respostas."
            );
        }
    }

    /// <summary>Says of a gain that it may be luck, or the learning of one constant answer; null where it is neither.
    /// </summary>
    public static string? Lucky(PairedResult b, Words words)
    {
        if (b.Change != Comparisons.Change.Gain || b.GuessedAfter is not { Above.Low: <= 0 } guessed)
        {
            return null;
        }

        string after = words.Percent(b.After.Score),
            without = words.Percent(guessed.Score),
            how = guessed.Answer is { } answer
                ? words.Say($"always answering '{Short(answer)}'", $"responder sempre '{Short(answer)}'")
                : words.Say("its replies to other items", "suas respostas a outros itens");
        return words.Say(
            $"{b.Task}: the score after ({after}) is not shown to be better than that of {how} ({without}), so the "
                + "gain may show no knowledge.",
            $"{b.Task}: a nota depois ({after}) não se mostra melhor que a de {how} ({without}), então o ganho pode "
                + "não mostrar conhecimento."
        );
    }

    /// <summary>Returns the beginning of an answer.</summary>
    internal static string Short(string answer) => Printable.Cut(answer, 40);
}
