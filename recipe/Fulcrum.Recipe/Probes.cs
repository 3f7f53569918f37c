using Fulcrum.Recipe.Knowledge;
using Fulcrum.Recipe.Pretraining;
using Fulcrum.Recipe.Tables;
using Fulcrum.Statistics;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Recipe;

/// <summary>One number an ability, on texts of the same kind that were not trained on: share of the wanted tokens that
/// come first.</summary>
internal static class Probes
{
    /// <summary>Measures all abilities.</summary>
    public static IReadOnlyDictionary<string, double> Run(Decoder model, TextEncoding encoding, int seed)
    {
        Quiz quiz = new(seed);
        KnowledgeText knowledge = new(quiz, Vocabulary.Names);
        TableText tables = new(PretrainingText.Words, new HashSet<string>());
        Dictionary<string, Func<RandomStream, Text>> kinds = new()
        {
            ["repeats"] = tables.Repeats,
            ["partners"] = tables.Partners,
            ["copies"] = tables.Copies,
            ["pairs"] = tables.Pairs,
            ["reading"] = tables.Reading,
            ["answers"] = tables.Answers,
            ["bindings"] = knowledge.Bindings,
            ["letters"] = knowledge.Letters,
            ["questions"] = knowledge.Questions,
            ["statements"] = knowledge.Statements,
        };
        return kinds.ToDictionary(
            k => k.Key,
            k => Math.Round(Accuracy(model, encoding, k.Value, RandomStream.For(seed, $"probe {k.Key}")), 3)
        );
    }

    private static double Accuracy(
        Decoder model,
        TextEncoding encoding,
        Func<RandomStream, Text> make,
        RandomStream random
    )
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        IEnumerable<Text> Endless()
        {
            while (true)
            {
                yield return make(random);
            }
        }

        Batch batch = Batch.Of(Endless(), encoding, 16, 256);
        Tensor sure = batch.Weights >= 0.9 * batch.Weights.max();
        return model
            .Logits(batch.Ids, batch.Rows)
            .argmax(-1)
            .eq(batch.Targets)
            .masked_select(sure)
            .to_type(ScalarType.Float32)
            .mean()
            .ToDouble();
    }
}
