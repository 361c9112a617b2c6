# Copies FILES from the folder FROM to the folder TO and applies the patch CHANGES there. Lines may have
# moved; what stands around a change may not have changed.
if(NOT PATCH)
  message(FATAL_ERROR "The mutants need the program `patch`: scripts/install-packages.sh --tests")
endif()
file(REMOVE_RECURSE ${TO})
foreach(file ${FILES})
  get_filename_component(folder ${TO}/${file} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  file(COPY_FILE ${FROM}/${file} ${TO}/${file})
endforeach()
# --forward: else what looks like applied already is taken back.
execute_process(COMMAND ${PATCH} --forward --strip=1 --fuzz=0 --no-backup-if-mismatch --reject-file=-
                        --directory=${TO} --input=${CHANGES}
                RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
foreach(file ${FILES})
  file(SHA256 ${FROM}/${file} before)
  file(SHA256 ${TO}/${file} after)
  if(failed OR before STREQUAL after)
    # Else the next build would take them for done.
    file(REMOVE_RECURSE ${TO})
    message(FATAL_ERROR "${CHANGES} does not apply any more: what it changes has changed. Put the same "
                        "bug into the new code, and its diff into the patch.\n${said}")
  endif()
endforeach()
