using System.CommandLine;
using Fulcrum.Models;
using Fulcrum.Torch;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum merge</c></summary>
internal static class MergeCommand
{
    public static Command Create()
    {
        ModelOptions options = new();
        Option<string> output = new("--output") { Description = "The folder for the merged model.", Required = true };
        Command verb = new(
            "merge",
            "Write the model with its adapter merged into the weights, as a complete model folder; "
                + "without --adapter the model alone, in the type that --dtype names."
        )
        {
            output,
        };
        options.AddTo(verb);
        verb.SetAction(parsed =>
        {
            string folder = parsed.GetRequiredValue(output);
            string dtype = MergedModel.Write(options.Model(parsed), folder, Notices.Warn);
            if (!parsed.GetValue(CommonOptions.Quiet))
            {
                bool own = options.Model(parsed).Dtype == Dtype.Auto && dtype != "float32";
                Console.Error.WriteLine(
                    $"merged: {Path.GetFullPath(folder)}, weights in {dtype}"
                        + (own ? ", the type of the model's own weights; --dtype f32 avoids rounding" : "")
                );
            }
        });
        return verb;
    }
}
