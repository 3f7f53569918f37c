using Fulcrum.Comparisons;

namespace Fulcrum.Report.Content;

/// <summary>Says where a served model lost something.</summary>
internal static class LadderSentences
{
    /// <summary>Returns one sentence: the rung that lost most, or that no rung shows a loss.</summary>
    public static string Of(ServingLadder ladder, Words words)
    {
        if (ladder.LargestLoss() is { } loss)
        {
            string points = words.Size(loss.Change.Difference.Points),
                bounds =
                    $"{words.Size(loss.Change.Difference.High)} {words.To} {words.Size(loss.Change.Difference.Low)}";
            return words.Say(
                $"{ladder.Candidate} as it is served: {loss.Rung.Name} lost most, {points} points ({bounds}) on "
                    + $"{loss.Change.Task} against {loss.Rung.Against}.",
                $"{ladder.Candidate} como é servido: {loss.Rung.Name} perdeu mais, {points} pontos ({bounds}) em "
                    + $"{loss.Change.Task} em relação a {loss.Rung.Against}."
            );
        }

        (LadderRung rung, RungChange change) = ladder.LargestChange();
        return words.Say(
            $"{ladder.Candidate} as it is served: no rung shows a loss. The largest change is "
                + $"{words.Change(change.Difference)} points on {change.Task}, by {rung.Name} against {rung.Against}.",
            $"{ladder.Candidate} como é servido: nenhum degrau mostra perda. A maior mudança é de "
                + $"{words.Change(change.Difference)} pontos em {change.Task}, de {rung.Name} em relação a "
                + $"{rung.Against}."
        );
    }

    /// <summary>What the table shows.</summary>
    public static string Explanation(Words words) =>
        words.Say(
            "Each rung minus the rung before, paired item by item, in percentage points with 95% intervals. Then the "
                + "items gained and lost.",
            "Cada degrau menos o anterior, pareados item a item, em pontos percentuais com intervalos de 95%. Depois "
                + "os itens ganhos e perdidos."
        );

    /// <summary>Returns the titles of the table's columns.</summary>
    internal static string[] Titles(ServingLadder ladder, Words words) =>
        [
            words.Say("rung", "degrau"),
            words.Say("against", "em relação a"),
            .. ladder.Rungs[0].Tasks.Select(t => t.Task),
        ];

    /// <summary>Returns a row for each rung: its change on every task, and the items gained and lost.</summary>
    internal static IEnumerable<string[]> Rows(ServingLadder ladder, Words words) =>
        ladder.Rungs.Select(r =>
            (string[])
                [
                    r.Name,
                    r.Against,
                    .. r.Tasks.Select(t =>
                        $"{Signs.Of(t.Difference)} {words.Change(t.Difference)}, +{t.Gained} −{t.Lost}"
                    ),
                ]
        );
}
