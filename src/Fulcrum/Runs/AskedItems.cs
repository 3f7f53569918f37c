using Fulcrum.Data;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Which items of a study's tasks are asked, and in which order.</summary>
internal static class AskedItems
{
    /// <summary>Puts the items into the order of an early decision.</summary>
    /// <returns>The data in that order, and the order of each task by its name.</returns>
    public static (Corpus Data, IReadOnlyDictionary<string, AskingOrder> Orders) Ordered(Corpus data, int seed)
    {
        Dictionary<string, AskingOrder> orders = data.Tasks.ToDictionary(
            t => t.Name,
            t => AskingOrder.Of(t, seed),
            StringComparer.Ordinal
        );
        return (Only(data, task => [.. orders[task].Items.Select(i => i.Id)]), orders);
    }

    /// <summary>Splits the items of every task by the study's seed and by what the task generalises to. Forms of one
    /// question stay together.</summary>
    public static (Corpus Selection, Corpus Confirmation) Halves(Corpus data, Study study)
    {
        Dictionary<string, (string[] Selection, string[] Confirmation)> halves = data.Tasks.ToDictionary(
            t => t.Name,
            t => Halves(t, study.Tasks[t.Name].Generalises(), RandomStream.For(study.Seed, $"selection on {t.Name}")),
            StringComparer.Ordinal
        );
        return (Only(data, task => halves[task].Selection), Only(data, task => halves[task].Confirmation));
    }

    private static (string[], string[]) Halves(ITask task, Estimand? estimand, RandomStream random)
    {
        IGrouping<string, Item>[] questions = [.. task.Items.GroupBy(i => i.Stem ?? i.Id, StringComparer.Ordinal)];
        (IReadOnlyList<int> selection, IReadOnlyList<int> confirmation) = Selection.Split(
            [.. questions.Select(q => q.First().Cluster)],
            estimand,
            random
        );
        if (selection.Count == 0 || confirmation.Count == 0)
        {
            throw new InputException(
                $"{task.Name} has {task.Items.Count} items: a study that selects a candidate needs 2 or more, "
                    + $"half for the selection and half for its confirmation"
            );
        }

        string[] Ids(IReadOnlyList<int> half) => [.. half.SelectMany(q => questions[q]).Select(i => i.Id)];
        return (Ids(selection), Ids(confirmation));
    }

    /// <summary>The base may be asked otherwise, but it is asked the same items.</summary>
    private static Corpus Only(Corpus data, Func<string, IReadOnlyList<string>> ids)
    {
        ITask Part(ITask task)
        {
            Dictionary<string, Item> byId = task.Items.ToDictionary(i => i.Id, StringComparer.Ordinal);
            return new PartOfTask(task, [.. ids(task.Name).Select(id => byId[id])]);
        }

        return data with
        {
            Tasks = [.. data.Tasks.Select(Part)],
            Before = data.Before?.Select(Part).ToArray(),
        };
    }
}
