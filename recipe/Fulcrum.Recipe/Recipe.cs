using System.Buffers;
using Fulcrum.Files;
using Fulcrum.Recipe.Data;
using Fulcrum.Recipe.Knowledge;
using Fulcrum.Recipe.Pretraining;
using Fulcrum.Recipe.Tables;
using Fulcrum.Recipe.Tokens;
using Fulcrum.Tokenization;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;

namespace Fulcrum.Recipe;

/// <summary>The steps from nothing to the embedded model.</summary>
internal static class Recipe
{
    /// <summary>Everything random follows from it.</summary>
    public const int Seed = 1;

    private const int LargestVocabulary = 4096,
        ProbeEvery = 100;
    private static readonly PretrainPlan Plan = new(
        Seed,
        Steps: [6000, 6000],
        Peaks: [1, 0.7],
        Sequences: 8,
        Length: 256
    );

    /// <summary>The pretraining text, without what the dev split of the SQL data holds.</summary>
    public static PretrainingText Text() => new(Seed, new MiniSpider(Seed).Forbidden);

    /// <summary>Writes <c>spider/</c> and <c>mmlu/</c>.</summary>
    public static void WriteData(string folder)
    {
        new MiniSpider(Seed).Write(Path.Combine(folder, "spider"), Seed);
        MiniMmlu.Write(Path.Combine(folder, "mmlu"), Seed);
    }

    /// <summary>Trains the tokenizer on a sample of the pretraining text; one that is there already stays.</summary>
    public static void TrainTokenizer(string work)
    {
        string path = Path.Combine(work, "tokenizer.json");
        if (File.Exists(path))
        {
            return;
        }

        PretrainingText text = Text();
        IEnumerable<string> sample = Enumerable
            .Range(0, 400)
            .SelectMany(s => text.Documents(1_000_000 + s, s % 3 / 2.0).Take(40))
            .Select(t => t.ToString());
        AtomicFile.WriteText(path, BpeTrainer.Print(BpeTrainer.Train(sample, LargestVocabulary)));
        Console.Out.WriteLine($"tokenizer: {Tokenizer.Load(work).VocabularySize} tokens");
    }

    /// <summary>Trains the model, or goes on with it.</summary>
    /// <param name="until">Stop at this step.</param>
    public static void Pretrain(string work, int until)
    {
        // One thread: sums in another order would make other weights.
        Libtorch.Load(1);
        TextEncoding encoding = new(Tokenizer.Load(work));
        Decoder model = Model(work);
        new Pretrainer(Plan, Text(), encoding, model, work).Run(
            () => Probes.Run(model, encoding, Seed),
            ProbeEvery,
            until
        );
    }

    /// <summary>Writes the newest checkpoint as a model folder, and beside it the log of the training that made
    /// it.</summary>
    public static void Export(string work, string output)
    {
        string folder = Path.Combine(output, "model");
        Libtorch.Load(1);
        Decoder model = Model(work);
        int step = new Pretrainer(Plan, Text(), new TextEncoding(Tokenizer.Load(work)), model, work).Resume();
        ModelExport.Write(model, ShapeOf(work), work, folder);
        AtomicFile.WriteText(
            Path.Combine(output, "pretraining.log.jsonl"),
            File.ReadAllText(Path.Combine(work, "pretraining.log.jsonl"))
        );
        Console.Out.WriteLine($"{folder}: the model after {step} of {Plan.AllSteps} steps");
    }

    /// <summary>Prints documents.</summary>
    public static void Show(double progress, int count)
    {
        foreach (Text document in Text().Documents(0, progress).Take(count))
        {
            Console.Out.WriteLine($"{document}\n--------");
        }
    }

    /// <summary>Goes through the whole pretraining text and counts the documents that hold a question, a query or a
    /// table that is measured with.</summary>
    /// <returns>Documents, and leaks among them.</returns>
    public static (int Documents, int Leaks) Leaks()
    {
        MiniSpider spider = new(Seed);
        Quiz quiz = new(Seed);
        string[] measured =
        [
            .. spider.Forbidden,
            .. spider.Dev.Select(e => Sql.Write(e.Request.Query)),
            .. Quiz.Subjects.SelectMany(s => quiz.Test(s, Seed)).Select(q => q.Question),
        ];
        SearchValues<string> search = SearchValues.Create(measured, StringComparison.Ordinal);
        PretrainingText text = Text();
        int documents = 0,
            leaks = 0;
        for (int step = 0; step < Plan.AllSteps; step++)
        {
            int tokens = 0;
            // At least as many documents as a step takes: a document has more tokens than gaps between words.
            foreach (
                Text document in text.Documents(step, Plan.Progress(step))
                    .TakeWhile(_ => tokens < Plan.Sequences * (Plan.Length + 256))
            )
            {
                string written = document.ToString();
                tokens += written.Count(char.IsWhiteSpace);
                documents++;
                leaks += written.AsSpan().ContainsAny(search) ? 1 : 0;
            }
        }

        return (documents, leaks);
    }

    private static Shape ShapeOf(string work) => new(Tokenizer.Load(work).VocabularySize);

    private static Decoder Model(string work) => new(ShapeOf(work), Plan.Length, Seed);
}
