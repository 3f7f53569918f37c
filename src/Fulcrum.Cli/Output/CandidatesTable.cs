using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Statistics;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>Several candidates on one task as a table.</summary>
internal static class CandidatesTable
{
    /// <summary>One row per candidate, then the recipe where the candidates are its seeds.</summary>
    public static void Print(CandidatesComparison comparison)
    {
        Words words = Words.English;
        foreach (CandidateFamily family in comparison.Tasks)
        {
            Table table = new() { Border = TableBorder.Rounded };
            foreach (string column in (string[])["candidate", "score", "difference (95%)", "for all together (95%)"])
            {
                table.AddColumn(
                    new TableColumn(column) { Alignment = column == "candidate" ? Justify.Left : Justify.Right }
                );
            }

            table.AddRow(Shown.AsMarkup(family.Task), words.Percent(family.Before.Score), "", "");
            foreach (CandidateDifference c in family.Candidates)
            {
                string together = c.Simultaneous is { } s ? $"{words.Points(s.Low)} to {words.Points(s.High)}" : "";
                table.AddRow(
                    Shown.AsMarkup(c.Name),
                    words.Percent(c.After.Score),
                    words.Change(c.Difference),
                    together
                );
            }

            ComparisonTable.WideEnough().Write(table);
            Recipe(family, words);
        }
    }

    private static void Recipe(CandidateFamily family, Words words)
    {
        if (family.Recipe is not { } r)
        {
            return;
        }

        string few = r.Seeds < RecipeEstimate.LeastSeeds ? "; 2 seeds are too few for a verdict" : "";
        Console.Out.WriteLine(
            $"this recipe, trained with another seed: {words.Points(r.Points)} ({words.Points(r.Low)} "
                + $"to {words.Points(r.High)}) over {r.Seeds} seeds{few}"
        );
    }
}
